import assert from 'node:assert/strict';
import type { Ending, RecordedOutcome } from '../../../ports/store-records.js';
import { storeCase, type StoreCase } from './store-case.js';
import { ERROR, KEEP } from './store-scene.js';

const OUTCOMES: readonly RecordedOutcome[] = [
  { kind: 'completed' },
  { kind: 'retry', delayMs: 1_500, error: ERROR },
  { kind: 'snoozed', delayMs: 2_500, reason: 'not yet' },
  { kind: 'failed', reason: 'terminated', error: ERROR },
  { kind: 'cancelled' },
];

/** As the end of a run says it. */
function said(outcome: RecordedOutcome): Ending['outcome'] {
  return outcome.kind === 'completed' ? { kind: 'completed', result: '"r"' } : outcome;
}

/** What a delivery is answered. */
export const claimingCases: readonly StoreCase[] = [
  storeCase(
    'lets the first message of a job run, and its redelivery after a crash',
    async (scene) => {
      const id = await scene.enqueue();
      const first = await scene.begin(id);
      const second = await scene.begin(id, { token: first.claim.token });
      assert.ok(second.fence.run > first.fence.run, 'the second run counts higher than the first');
    },
    ['records'],
  ),

  storeCase('lets a job run that it did not know, and remembers it from then on', async (scene) => {
    const id = scene.fresh();
    const run = await scene.begin(id, { generation: 3, attempt: 2, maxAttempts: 9 });
    const { state, type, queue, generation, attempt, maxAttempts, createdAt, payload } = await scene.job(id);
    assert.deepEqual(
      { state, type, queue, generation, attempt, maxAttempts, createdAt, payload },
      {
        state: 'active',
        type: scene.type,
        queue: scene.queue,
        generation: 3,
        attempt: 2,
        maxAttempts: 9,
        createdAt: scene.at(0),
        payload: undefined,
      },
    );
    await scene.finish(run, { kind: 'completed', result: '1' });
    assert.equal((await scene.job(id)).state, 'completed');
  }),

  ...OUTCOMES.map((outcome) =>
    storeCase(
      `answers the message of a run that ended ${outcome.kind} with that outcome, again and again`,
      async (scene) => {
        const id = await scene.enqueue();
        const run = await scene.begin(id);
        await scene.finish(run, said(outcome));
        assert.deepEqual(await scene.ask(run.claim), { kind: 'ended', outcome });
        assert.deepEqual(await scene.ask({ ...run.claim, worker: 'worker-2', at: scene.at(900) }), {
          kind: 'ended',
          outcome,
        });
      },
      ['records'],
    ),
  ),

  storeCase(
    'lets the message of an interrupted run begin again',
    async (scene) => {
      const id = await scene.enqueue();
      const run = await scene.begin(id);
      await scene.finish(run, { kind: 'interrupted', why: 'shutdown' });
      const again = await scene.begin(id, { token: run.claim.token });
      assert.ok(again.fence.run > run.fence.run);
    },
    ['records'],
  ),

  storeCase(
    'calls another message of the same generation a duplicate, whatever became of the first',
    async (scene) => {
      const duplicate = { kind: 'duplicate', generation: 1 };
      const id = await scene.enqueue();
      const run = await scene.begin(id);
      assert.deepEqual(await scene.ask(scene.claim(id)), duplicate);
      await scene.finish(run, { kind: 'interrupted', why: 'shutdown' });
      assert.deepEqual(await scene.ask(scene.claim(id)), duplicate);
      const again = await scene.begin(id, { token: run.claim.token });
      await scene.finish(again, { kind: 'retry', delayMs: 5, error: ERROR });
      assert.deepEqual(await scene.ask(scene.claim(id)), duplicate);
    },
    ['records'],
  ),

  storeCase(
    'calls an older message a duplicate once the next one was claimed, and lets only one copy of that run',
    async (scene) => {
      const id = await scene.enqueue();
      const first = await scene.begin(id);
      await scene.finish(first, { kind: 'retry', delayMs: 5, error: ERROR });
      await scene.begin(id, { generation: 2, attempt: 2 });
      const duplicate = { kind: 'duplicate', generation: 2 };
      assert.deepEqual(await scene.ask(first.claim), duplicate);
      assert.deepEqual(await scene.ask(scene.claim(id, { generation: 2, attempt: 2 })), duplicate);
    },
    ['records'],
  ),

  storeCase(
    'lets a newer message run, even of a job that is completed or failed',
    async (scene) => {
      const completed = await scene.enqueue();
      await scene.finish(await scene.begin(completed), { kind: 'completed', result: '1' });
      await scene.begin(completed, { generation: 2 });
      const failed = await scene.enqueue();
      await scene.finish(await scene.begin(failed), { kind: 'failed', reason: 'exhausted', error: ERROR });
      await scene.begin(failed, { generation: 3 });
    },
    ['records'],
  ),

  storeCase('forgets the end of a job that a newer message opened', async (scene) => {
    const id = await scene.enqueue();
    const run = await scene.begin(id);
    const keep = { ms: 300, count: undefined };
    await scene.finish(run, { kind: 'failed', reason: 'exhausted', error: ERROR }, { keep });
    await scene.begin(id, { generation: 3 });
    await scene.passTime(400);
    const { state, reason, endedAt, generation } = await scene.job(id);
    assert.deepEqual(
      { state, reason, endedAt, generation },
      { state: 'active', reason: undefined, endedAt: undefined, generation: 3 },
    );
  }),

  storeCase(
    'takes messages without a token as one message of their generation',
    async (scene) => {
      const id = scene.fresh();
      const run = await scene.begin(id, { token: undefined });
      const again = await scene.begin(id, { token: undefined });
      assert.deepEqual(await scene.finish(run, { kind: 'completed', result: '1' }), { kind: 'fenced' });
      assert.deepEqual(await scene.finish(again, { kind: 'completed', result: '1' }), { kind: 'recorded' });
      assert.deepEqual(await scene.ask(again.claim), { kind: 'ended', outcome: { kind: 'completed' } });
      assert.deepEqual(await scene.ask(scene.claim(id)), { kind: 'duplicate', generation: 1 });
    },
    ['records'],
  ),

  storeCase(
    'answers many claims of one call in their order, each on its own',
    async (scene) => {
      const [fresh, busy, done, gone] = [
        await scene.enqueue(),
        await scene.enqueue(),
        await scene.enqueue(),
        await scene.enqueue(),
      ];
      await scene.begin(busy);
      const run = await scene.begin(done);
      await scene.finish(run, { kind: 'completed', result: '1' });
      await scene.cancel(gone);
      const claims = [
        scene.claim(busy),
        scene.claim(fresh),
        run.claim,
        scene.claim(gone),
        scene.claim(scene.fresh()),
      ];
      const answers = await scene.records.claim(claims);
      assert.deepEqual(
        answers.map(({ kind }) => kind),
        ['duplicate', 'run', 'ended', 'cancelled', 'run'],
      );
      assert.deepEqual(await scene.records.claim([]), []);
    },
    ['records'],
  ),

  storeCase(
    'lets one of many claims run that come at the same time for different copies',
    async (scene) => {
      const id = await scene.enqueue();
      const other = await scene.connect();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? other.records : scene.records).claim([scene.claim(id), scene.claim(id)]),
        ),
      );
      const kinds = answers.flat().map(({ kind }) => kind);
      assert.deepEqual(
        [kinds.filter((kind) => kind === 'run').length, kinds.filter((kind) => kind === 'duplicate').length],
        [1, 39],
      );
    },
    ['records'],
  ),

  storeCase('lets a discarded job leave unseen, as long as its tombstone stands', async (scene) => {
    const id = await scene.enqueue();
    assert.equal(await scene.records.discard(id, 300), 'discarded');
    assert.equal(await scene.get(id), undefined);
    assert.deepEqual(await scene.ask(scene.claim(id)), { kind: 'discarded' });
    assert.equal(await scene.get(id), undefined);
    assert.deepEqual(await scene.cancel(id), { kind: 'unknown' });
    await scene.passTime(400);
    await scene.begin(id);
  }),

  storeCase('lets the dead letter of a discarded job run that was returned to its queue', async (scene) => {
    const id = await scene.enqueue();
    const failed = { kind: 'failed', reason: 'exhausted', error: ERROR } as const;
    await scene.finish(await scene.begin(id), failed);
    assert.equal(await scene.records.discard(id, 60_000), 'discarded');
    // The letter has the generation after that of the failed message, and comes back with the one after that.
    for (const generation of [1, 2]) {
      assert.deepEqual(await scene.ask(scene.claim(id, { generation })), { kind: 'discarded' });
    }
    await scene.begin(id, { generation: 3 });
    assert.equal((await scene.ask(scene.claim(id))).kind, 'duplicate');
  }),

  storeCase('discards what waits or has ended, and nothing that runs or is not known', async (scene) => {
    const waiting = await scene.enqueue({ dueAt: scene.at(60_000) });
    const running = await scene.enqueue();
    await scene.begin(running);
    const ended = await scene.enqueue();
    await scene.finish(await scene.begin(ended), { kind: 'failed', reason: 'exhausted', error: ERROR });
    assert.equal(await scene.records.discard(waiting, 60_000), 'discarded');
    assert.equal(await scene.records.discard(running, 60_000), 'active');
    assert.equal(await scene.records.discard(ended, 60_000), 'discarded');
    assert.equal(await scene.records.discard(ended, 60_000), 'unknown');
    assert.deepEqual(await scene.counts(), { active: 1 });
    const page = await scene.reads.find({ queue: scene.queue }, { limit: 10 });
    assert.deepEqual(
      page.jobs.map(({ id }) => id),
      [running],
    );
    const unknown = scene.fresh();
    assert.equal(await scene.records.discard(unknown, 60_000), 'unknown');
    await scene.begin(unknown);
  }),

  storeCase('begins a discarded job anew when it is enqueued again', async (scene) => {
    const id = await scene.enqueue();
    await scene.records.discard(id, 60_000);
    await scene.enqueue({ id, payload: '"again"' });
    assert.equal((await scene.job(id)).payload, '"again"');
    await scene.begin(id);
  }),

  storeCase('refuses the end of a run whose job was discarded meanwhile', async (scene) => {
    const id = await scene.enqueue();
    const run = await scene.begin(id);
    await scene.finish(run, { kind: 'interrupted', why: 'shutdown' });
    assert.equal(await scene.records.discard(id, 60_000), 'discarded');
    const late = scene.ending(run, { kind: 'completed', result: '1' }, { keep: KEEP });
    assert.deepEqual(await scene.records.finished([late]), [{ kind: 'fenced' }]);
    assert.equal(await scene.get(id), undefined);
  }),
];
