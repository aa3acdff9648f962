import assert from 'node:assert/strict';
import type { JobRecord } from '../../../ports/job-record.js';
import type { ReopenAnswer } from '../../../ports/store-records.js';
import { storeCase, type StoreCase } from './store-case.js';
import { ERROR } from './store-scene.js';

function reopenedJob(answer: ReopenAnswer): JobRecord {
  assert.equal(answer.kind, 'reopened');
  return answer.job;
}

/** Opening a job for a new message: retry, run now, replace. */
export const reopeningCases: readonly StoreCase[] = [
  storeCase('opens a failed job: its attempts count anew, its story stays', async (scene) => {
    const id = await scene.enqueue({ carried: '{"headers":{"tenant":"a"}}' });
    const run = await scene.begin(id, { attempt: 5 });
    await scene.finish(run, { kind: 'failed', reason: 'exhausted', error: ERROR });
    const answer = await scene.records.reopen(
      id,
      scene.opening({ from: ['failed', 'completed'], attempt: 1 }),
    );
    const job = reopenedJob(answer);
    assert.deepEqual(job, await scene.job(id));
    assert.deepEqual(
      [job.state, job.generation, job.attempt, job.reason, job.endedAt, job.dueAt, job.changedAt],
      ['queued', 3, 0, undefined, undefined, undefined, scene.at(60)],
    );
    assert.deepEqual(
      [job.error, job.attempts.length, job.payload, job.carried],
      [ERROR, 1, '{"n":1}', '{"headers":{"tenant":"a"}}'],
    );
  }),

  storeCase(
    'remembers parent and root of a job through its runs, and when it is opened again',
    async (scene) => {
      const lineage = { parentId: `parent ${scene.fresh()}`, rootId: `root ${scene.fresh()}` };
      const id = await scene.enqueue(lineage);
      const linesOf = ({ parentId, rootId }: JobRecord) => ({ parentId, rootId });
      assert.deepEqual(linesOf(await scene.job(id)), lineage);
      await scene.finish(await scene.begin(id), { kind: 'retry', delayMs: 1, error: ERROR });
      const run = await scene.begin(id, { generation: 2, attempt: 2 });
      await scene.finish(run, { kind: 'failed', reason: 'exhausted', error: ERROR });
      assert.deepEqual(linesOf(await scene.job(id)), lineage);
      const opened = reopenedJob(await scene.records.reopen(id, scene.opening({ from: ['failed'] })));
      assert.deepEqual(linesOf(opened), lineage);
      const [found] = await scene.reads.get([await scene.enqueue()]);
      assert.deepEqual(found && linesOf(found), { parentId: undefined, rootId: undefined });
    },
  ),

  storeCase(
    'forgets the result of a completed job that is opened, and shows no old one later',
    async (scene) => {
      const id = await scene.enqueue();
      await scene.finish(await scene.begin(id), { kind: 'completed', result: '"old"' });
      reopenedJob(await scene.records.reopen(id, scene.opening({ from: ['completed'] })));
      assert.equal((await scene.job(id)).result, undefined);
      const run = await scene.begin(id, { generation: 3 });
      await scene.finish(run, { kind: 'completed', result: undefined });
      assert.equal((await scene.job(id)).result, undefined);
    },
  ),

  storeCase('remembers an opened job, although its end was to be forgotten soon', async (scene) => {
    const id = await scene.enqueue();
    const keep = { ms: 300, count: undefined };
    await scene.finish(await scene.begin(id), { kind: 'completed', result: '1' }, { keep });
    await scene.records.reopen(id, scene.opening({ from: ['completed'] }));
    await scene.passTime(400);
    assert.equal((await scene.job(id)).state, 'queued');
  }),

  storeCase('opens a cancelled job: its new message runs, the old ones do not', async (scene) => {
    const id = await scene.enqueue();
    await scene.cancel(id);
    const { generation, cancellation } = reopenedJob(
      await scene.records.reopen(id, scene.opening({ from: ['cancelled'] })),
    );
    assert.deepEqual([generation, cancellation], [3, undefined]);
    for (const old of [1, 2]) {
      const answer = await scene.ask(scene.claim(id, { generation: old }));
      assert.deepEqual(answer, { kind: 'duplicate', generation: 3 });
    }
    const run = await scene.begin(id, { generation: 3 });
    assert.deepEqual(await scene.finish(run, { kind: 'retry', delayMs: 1, error: ERROR }), {
      kind: 'recorded',
    });
  }),

  storeCase('lets a retrying job run now, and its retry leave unseen that is on its way', async (scene) => {
    const id = await scene.enqueue();
    const first = await scene.begin(id);
    await scene.finish(first, { kind: 'retry', delayMs: 60_000, error: ERROR });
    const opening = scene.opening({ from: ['scheduled', 'retrying'] });
    const job = reopenedJob(await scene.records.reopen(id, opening));
    assert.deepEqual([job.generation, job.attempt, job.dueAt], [3, 1, undefined]);
    assert.equal((await scene.ask(scene.claim(id, { generation: 2, attempt: 2 }))).kind, 'duplicate');
    assert.equal((await scene.ask(first.claim)).kind, 'duplicate');
    await scene.begin(id, { generation: 3, attempt: 2 });
  }),

  storeCase(
    'lets older messages leave unseen of a job that was opened, ended and is forgotten',
    async (scene) => {
      const id = await scene.enqueue({ dueAt: scene.at(60_000) });
      await scene.records.reopen(id, scene.opening({ from: ['scheduled'] }));
      const run = await scene.begin(id, { generation: 3 });
      await scene.finish(run, { kind: 'completed', result: '1' }, { keep: { ms: 0, count: undefined } });
      assert.equal(await scene.get(id), undefined);
      for (const old of [1, 2]) {
        const answer = await scene.ask(scene.claim(id, { generation: old }));
        assert.deepEqual(answer, { kind: 'duplicate', generation: 3 });
      }
      await scene.begin(id, { generation: 4 });
    },
  ),

  storeCase(
    'lets them leave so, too, when it was discarded for a shorter time than they need',
    async (scene) => {
      const id = await scene.enqueue({ dueAt: scene.at(60_000) });
      await scene.records.reopen(id, scene.opening({ from: ['scheduled'] }));
      assert.equal(await scene.records.discard(id, 100), 'discarded');
      await scene.passTime(200);
      assert.equal((await scene.ask(scene.claim(id))).kind, 'discarded');
    },
  ),

  storeCase('opens a job for later, as scheduled', async (scene) => {
    const id = await scene.enqueue({ dueAt: scene.at(1_000) });
    const opening = scene.opening({ from: ['scheduled'], dueAt: scene.at(90_000) });
    const { state, dueAt } = reopenedJob(await scene.records.reopen(id, opening));
    assert.deepEqual({ state, dueAt }, { state: 'scheduled', dueAt: scene.at(90_000) });
  }),

  storeCase('replaces payload, time and what is carried besides of a job that waits', async (scene) => {
    const id = await scene.enqueue({ carried: '{"deadlineAt":1}' });
    const from = ['queued', 'scheduled'] as const;
    const payload = { json: '"new"', carried: '{"deadlineAt":2}' };
    const first = reopenedJob(
      await scene.records.reopen(id, scene.opening({ from, dueAt: scene.at(500), payload })),
    );
    assert.deepEqual(
      [first.state, first.payload, first.carried, first.generation],
      ['scheduled', '"new"', '{"deadlineAt":2}', 3],
    );
    const second = reopenedJob(
      await scene.records.reopen(
        id,
        scene.opening({ from, payload: { json: undefined, carried: undefined } }),
      ),
    );
    assert.deepEqual(
      [second.state, second.payload, second.carried, second.generation],
      ['queued', undefined, undefined, 5],
    );
    assert.equal((await scene.ask(scene.claim(id, { generation: 3 }))).kind, 'duplicate');
    await scene.begin(id, { generation: 5 });
  }),

  storeCase('refuses to open a job in a state that was not named, and changes nothing', async (scene) => {
    const id = await scene.enqueue();
    await scene.finish(await scene.begin(id), { kind: 'completed', result: '1' });
    const before = await scene.job(id);
    assert.deepEqual(await scene.records.reopen(id, scene.opening({ from: ['failed', 'cancelled'] })), {
      kind: 'refused',
      state: 'completed',
    });
    assert.deepEqual(await scene.records.reopen(id, scene.opening({ from: [] })), {
      kind: 'refused',
      state: 'completed',
    });
    assert.deepEqual(await scene.job(id), before);
  }),

  storeCase('refuses to open a job that runs, even where that state is named', async (scene) => {
    const id = await scene.enqueue();
    const run = await scene.begin(id);
    const opening = scene.opening({ from: ['active'], payload: { json: '2', carried: undefined } });
    assert.deepEqual(await scene.records.reopen(id, opening), { kind: 'refused', state: 'active' });
    assert.deepEqual(await scene.finish(run, { kind: 'completed', result: '1' }), { kind: 'recorded' });
  }),

  storeCase(
    'says of an unknown job that it cannot be opened',
    async (scene) => {
      const opening = scene.opening({ from: ['failed'] });
      assert.deepEqual(await scene.records.reopen(scene.fresh(), opening), { kind: 'unknown' });
    },
    ['records'],
  ),

  storeCase('opens a job once when several ask at the same time', async (scene) => {
    const id = await scene.enqueue();
    await scene.finish(await scene.begin(id), { kind: 'failed', reason: 'exhausted', error: ERROR });
    const other = await scene.connect();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 ? other : { records: scene.records }).records.reopen(
          id,
          scene.opening({ from: ['failed'] }),
        ),
      ),
    );
    assert.equal(answers.filter(({ kind }) => kind === 'reopened').length, 1);
    assert.equal((await scene.job(id)).generation, 3);
  }),

  storeCase('refuses the end of a run that was opened over', async (scene) => {
    const id = await scene.enqueue();
    const run = await scene.begin(id);
    await scene.finish(run, { kind: 'retry', delayMs: 9_000, error: ERROR });
    await scene.records.reopen(id, scene.opening({ from: ['retrying'] }));
    const answer = await scene.finish(run, { kind: 'retry', delayMs: 9_000, error: ERROR });
    assert.deepEqual(answer, { kind: 'fenced' });
    assert.equal((await scene.job(id)).state, 'queued');
  }),
];
