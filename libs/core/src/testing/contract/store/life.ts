import assert from 'node:assert/strict';
import type { JobRecord } from '../../../ports/job-record.js';
import { storeCase, type StoreCase } from './store-case.js';
import { ERROR } from './store-scene.js';

/** What a job's record says along its life. */
export const lifeCases: readonly StoreCase[] = [
  storeCase('remembers a job that is due at once as queued, with all that was said of it', async (scene) => {
    const job = scene.newJob({
      priority: 3,
      uniqueKey: `key ${scene.fresh()}`,
      correlationId: 'request-7',
      parentId: 'parent',
      rootId: 'root',
      tags: ['red', 'big'],
      payload: '{"to":"ann@example.com"}',
      carried: '{"headers":{"tenant":"é"}}',
    });
    await scene.records.enqueued([job]);
    const expected: JobRecord = {
      ...job,
      state: 'queued',
      reason: undefined,
      result: undefined,
      error: undefined,
      progress: undefined,
      startedAt: undefined,
      endedAt: undefined,
      changedAt: job.createdAt,
      attempt: 0,
      worker: undefined,
      timeoutMs: undefined,
      attempts: [],
      lines: [],
      cancellation: undefined,
    };
    assert.deepEqual(await scene.job(job.id), expected);
  }),

  storeCase('remembers a job that is due later as scheduled', async (scene) => {
    const id = await scene.enqueue({ dueAt: scene.at(5_000) });
    const { state, dueAt } = await scene.job(id);
    assert.deepEqual({ state, dueAt }, { state: 'scheduled', dueAt: scene.at(5_000) });
  }),

  storeCase('shows a running job as active, with worker, attempt, start and time limit', async (scene) => {
    const id = await scene.enqueue();
    await scene.begin(id, { at: scene.at(20), worker: 'worker-7', timeoutMs: 9_000 });
    const { state, worker, attempt, startedAt, endedAt, changedAt, timeoutMs } = await scene.job(id);
    assert.deepEqual(
      { state, worker, attempt, startedAt, endedAt, changedAt, timeoutMs },
      {
        state: 'active',
        worker: 'worker-7',
        attempt: 1,
        startedAt: scene.at(20),
        endedAt: undefined,
        changedAt: scene.at(20),
        timeoutMs: 9_000,
      },
    );
  }),

  storeCase('keeps the result and the attempt of a completed job', async (scene) => {
    const id = await scene.enqueue();
    const run = await scene.begin(id);
    const result = '{"sent":true,"list":[1,2.5,"é"]}';
    assert.deepEqual(await scene.finish(run, { kind: 'completed', result }), { kind: 'recorded' });
    const job = await scene.job(id);
    assert.equal(job.state, 'completed');
    assert.equal(job.result, result);
    assert.equal(job.attempt, 1);
    assert.equal(job.endedAt, scene.at(20));
    assert.equal(job.changedAt, scene.at(20));
    const attempt = { number: 1, startedAt: scene.at(10), endedAt: scene.at(20), worker: 'worker-1' };
    assert.deepEqual(job.attempts, [{ ...attempt, outcome: 'completed' }]);
  }),

  storeCase('keeps no result where none is given', async (scene) => {
    const id = await scene.enqueue();
    await scene.finish(await scene.begin(id), { kind: 'completed', result: undefined });
    const { state, result } = await scene.job(id);
    assert.deepEqual({ state, result }, { state: 'completed', result: undefined });
  }),

  storeCase('tells the story of a job that was retried, snoozed, interrupted and failed', async (scene) => {
    const id = await scene.enqueue();
    const first = await scene.begin(id);
    await scene.finish(first, { kind: 'retry', delayMs: 1_000, error: ERROR });
    const retrying = await scene.job(id);
    assert.deepEqual(
      [retrying.state, retrying.dueAt, retrying.error, retrying.attempt, retrying.generation],
      ['retrying', scene.at(1_020), ERROR, 1, 1],
    );

    const second = await scene.begin(id, { generation: 2, attempt: 2, at: scene.at(30) });
    await scene.finish(second, { kind: 'snoozed', delayMs: 500, reason: 'too early' });
    const snoozed = await scene.job(id);
    assert.deepEqual(
      [snoozed.state, snoozed.dueAt, snoozed.attempt, snoozed.generation],
      ['scheduled', scene.at(540), 1, 2],
    );

    const token = scene.fresh();
    const third = await scene.begin(id, { generation: 3, attempt: 2, at: scene.at(50), token });
    await scene.finish(third, { kind: 'interrupted', why: 'shutdown' });
    const interrupted = await scene.job(id);
    assert.deepEqual([interrupted.state, interrupted.attempt], ['queued', 1]);

    const fourth = await scene.begin(id, { generation: 3, attempt: 2, at: scene.at(70), token });
    const last = { name: 'RangeError', message: 'out of stamps' };
    await scene.finish(fourth, { kind: 'failed', reason: 'exhausted', error: last });
    const failed = await scene.job(id);
    assert.deepEqual(
      [failed.state, failed.reason, failed.error, failed.attempt],
      ['failed', 'exhausted', last, 2],
    );
    assert.deepEqual(
      failed.attempts.map(({ number, outcome, startedAt }) => [number, outcome, startedAt]),
      [
        [1, 'retry', scene.at(10)],
        [2, 'snoozed', scene.at(30)],
        [2, 'interrupted', scene.at(50)],
        [2, 'failed', scene.at(70)],
      ],
    );
    assert.deepEqual(failed.attempts[0]!.error, ERROR);
    assert.deepEqual(failed.attempts[3]!.error, last);
  }),

  storeCase('tells of a run whose worker died as a lost attempt', async (scene) => {
    const id = await scene.enqueue();
    const { claim } = await scene.begin(id, { worker: 'worker-1' });
    const again = await scene.begin(id, { token: claim.token, worker: 'worker-2', at: scene.at(40) });
    await scene.finish(again, { kind: 'completed', result: undefined });
    const { attempts, worker, attempt } = await scene.job(id);
    assert.deepEqual([worker, attempt], ['worker-2', 1]);
    assert.deepEqual(attempts[0], {
      number: 1,
      startedAt: scene.at(10),
      endedAt: scene.at(40),
      worker: 'worker-1',
      outcome: 'lost',
    });
    assert.deepEqual(
      attempts.map(({ outcome }) => outcome),
      ['lost', 'completed'],
    );
  }),

  storeCase('counts no attempt for a job that was turned away before its handler ran', async (scene) => {
    const id = await scene.enqueue();
    const run = await scene.begin(id);
    const outcome = { kind: 'failed', reason: 'expired', error: ERROR } as const;
    assert.deepEqual(await scene.finish(run, outcome, { attempt: undefined }), { kind: 'recorded' });
    const { state, reason, attempt, attempts } = await scene.job(id);
    assert.deepEqual(
      { state, reason, attempt, attempts },
      { state: 'failed', reason: 'expired', attempt: 0, attempts: [] },
    );
  }),

  storeCase('answers ids in their order, undefined for those that are not known', async (scene) => {
    const first = await scene.enqueue();
    const second = await scene.enqueue();
    const records = await scene.reads.get([second, scene.fresh(), first, second]);
    assert.deepEqual(
      records.map((record) => record?.id),
      [second, undefined, first, second],
    );
    assert.deepEqual(await scene.reads.get([]), []);
  }),

  storeCase('shows the same to a second process', async (scene) => {
    const other = await scene.connect();
    const id = await scene.enqueue();
    const run = await scene.begin(id);
    await other.records.finished([scene.ending(run, { kind: 'completed', result: '1' })]);
    assert.equal((await scene.job(id)).state, 'completed');
    assert.deepEqual(await other.reads!.get([id]), await scene.reads.get([id]));
  }),
];
