import assert from 'node:assert/strict';
import { until } from '../../until.js';
import { storeCase, type StoreCase } from './store-case.js';
import { ERROR, KEEP, type StoreScene } from './store-scene.js';

const SHORT = { ms: 400, count: undefined };
const SHORT_PASSED_MS = 500;
const DAY_MS = 86_400_000;

async function completed(
  scene: StoreScene,
  keep: { ms: number; count: number | undefined },
): Promise<string> {
  const id = await scene.enqueue();
  await scene.finish(await scene.begin(id), { kind: 'completed', result: '1' }, { keep });
  return id;
}

/** How long jobs are remembered. */
export const keepingCases: readonly StoreCase[] = [
  storeCase('remembers a finished job for its time, and forgets it then everywhere', async (scene) => {
    const id = await completed(scene, SHORT);
    const longer = await completed(scene, { ms: 600_000, count: undefined });
    assert.equal((await scene.job(id)).state, 'completed');
    await scene.passTime(SHORT_PASSED_MS);
    await scene.untilForgotten(id);
    const page = await scene.reads.find({ queue: scene.queue }, { limit: 10 });
    assert.deepEqual(
      page.jobs.map((job) => job.id),
      [longer],
    );
    await until(async () => (await scene.counts())['completed'] === 1, 'the forgotten job does not count');
    assert.deepEqual(await scene.cancel(id), { kind: 'unknown' });
  }),

  storeCase('counts the time from each end of its own kind', async (scene) => {
    const failed = await scene.enqueue();
    const outcome = { kind: 'failed', reason: 'exhausted', error: ERROR } as const;
    await scene.finish(await scene.begin(failed), outcome, { keep: SHORT });
    const cancelled = await scene.enqueue();
    await scene.cancel(cancelled, { keep: SHORT });
    const refused = await scene.enqueue();
    await scene.records.enqueueFailed([
      { id: refused, generation: 1, at: scene.at(1), error: ERROR, keep: SHORT },
    ]);
    const asked = await scene.enqueue();
    const run = await scene.begin(asked);
    await scene.cancel(asked, { keep: SHORT });
    await scene.finish(
      run,
      { kind: 'retry', delayMs: 1, error: ERROR },
      { keep: { ms: 600_000, count: undefined } },
    );
    await scene.passTime(SHORT_PASSED_MS);
    for (const id of [failed, cancelled, refused, asked]) await scene.untilForgotten(id);
  }),

  storeCase('forgets a job that never ends, 15 days after it changed last or was due', async (scene) => {
    const tag = scene.fresh();
    const queued = await scene.enqueue({ tags: [tag] });
    const active = await scene.enqueue();
    const run = await scene.begin(active);
    const retrying = await scene.enqueue({ tags: [tag] });
    const outcome = { kind: 'retry', delayMs: 1, error: ERROR } as const;
    await scene.finish(await scene.begin(retrying), outcome);
    const opened = await completed(scene, KEEP);
    await scene.records.reopen(opened, scene.opening({ from: ['completed'] }));
    const late = scene.newJob({ tags: [tag] });
    await scene.begin(late.id);
    await scene.records.enqueued([late]);
    const scheduled = await scene.enqueue({ dueAt: scene.at(20 * DAY_MS), tags: [tag] });
    const claimed = await scene.enqueue();
    const told = await scene.enqueue();
    const telling = await scene.begin(told);

    await scene.passDays(14);
    const all = [queued, active, retrying, opened, late.id, scheduled, claimed, told];
    assert.deepEqual(
      (await scene.reads.get(all)).map((record) => record?.state),
      ['queued', 'active', 'retrying', 'queued', 'active', 'scheduled', 'queued', 'active'],
    );
    await scene.begin(claimed);
    await scene.records.reported([{ fence: telling.fence, at: scene.at(30), progress: '1' }]);

    // A store may take a day more.
    await scene.passDays(2.01);
    for (const id of [queued, active, retrying, opened, late.id]) await scene.untilForgotten(id);
    assert.deepEqual(await scene.counts(), { active: 2, scheduled: 1 });
    const page = await scene.reads.find({ queue: scene.queue }, { limit: 10 });
    assert.deepEqual(page.jobs.map(({ id }) => id).sort(), [scheduled, claimed, told].sort());
    const tagged = await scene.reads.find({ tag }, { limit: 10 });
    assert.deepEqual(
      tagged.jobs.map(({ id }) => id),
      [scheduled],
    );
    // Nobody knows of it any more, so that its end is told as that of any unknown job.
    assert.deepEqual(await scene.finish(run, { kind: 'completed', result: '1' }), { kind: 'recorded' });
    assert.equal(await scene.records.discard(active, 0), 'discarded');

    await scene.passDays(18);
    assert.deepEqual(await scene.counts(), { scheduled: 1 });
    await scene.passDays(3);
    await scene.untilForgotten(scheduled);
    assert.deepEqual(await scene.counts(), {});
  }),

  storeCase(
    'remembers a job that has not ended, whatever is to be kept of those that have',
    async (scene) => {
      const retrying = await scene.enqueue();
      const outcome = { kind: 'retry', delayMs: 1, error: ERROR } as const;
      await scene.finish(await scene.begin(retrying), outcome, { keep: { ms: 1, count: 1 } });
      const active = await scene.enqueue();
      await scene.begin(active);
      await scene.passTime(300);
      assert.equal((await scene.job(retrying)).state, 'retrying');
      assert.equal((await scene.job(active)).state, 'active');
    },
  ),

  storeCase('does not remember a job at all that is to be kept for 0 ms', async (scene) => {
    const id = await completed(scene, { ms: 0, count: undefined });
    assert.equal(await scene.get(id), undefined);
    assert.deepEqual(await scene.counts(), {});
    const cancelled = await scene.enqueue();
    await scene.cancel(cancelled, { keep: { ms: 0, count: undefined } });
    assert.equal(await scene.get(cancelled), undefined);
  }),

  storeCase('remembers the jobs of a type that ended last, up to their number', async (scene) => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      ids.push(await completed(scene, { ms: 600_000, count: 3 }));
    }
    const failed = await scene.enqueue();
    const outcome = { kind: 'failed', reason: 'exhausted', error: ERROR } as const;
    const keep = { ms: 600_000, count: 1 };
    await scene.finish(await scene.begin(failed), outcome, { keep });
    const other = await scene.enqueue({ type: `${scene.type}-other` });
    const run = await scene.begin(other, { type: `${scene.type}-other` });
    await scene.finish(run, { kind: 'completed', result: '1' }, { keep });
    const known = await scene.reads.get([...ids, failed, other]);
    assert.deepEqual(
      known.map((record) => record !== undefined),
      [false, false, true, true, true, true, true],
    );
    assert.deepEqual(await scene.counts(), { completed: 4, failed: 1 });
  }),

  storeCase('does not count a job among the finished ones that was opened again', async (scene) => {
    const keep = { ms: 600_000, count: 2 };
    const first = await completed(scene, keep);
    await scene.records.reopen(first, scene.opening({ from: ['completed'] }));
    const second = await completed(scene, keep);
    const third = await completed(scene, keep);
    const known = await scene.reads.get([first, second, third]);
    assert.deepEqual(
      known.map((record) => record?.state),
      ['queued', 'completed', 'completed'],
    );
  }),

  storeCase('does not remember a job at all of which 0 are to be kept', async (scene) => {
    assert.equal(await scene.get(await completed(scene, { ms: 600_000, count: 0 })), undefined);
  }),

  storeCase('lets the message of a forgotten job begin it anew', async (scene) => {
    const id = await scene.enqueue();
    const run = await scene.begin(id);
    await scene.finish(run, { kind: 'completed', result: '1' }, { keep: { ms: 0, count: undefined } });
    assert.equal((await scene.ask(run.claim)).kind, 'run');
    assert.equal((await scene.job(id)).state, 'active');
  }),
];
