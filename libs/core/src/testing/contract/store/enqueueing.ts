import assert from 'node:assert/strict';
import { storeCase, type StoreCase } from './store-case.js';
import { ERROR, KEEP } from './store-scene.js';

/** What is recorded before a publish, and when that fails. */
export const enqueueingCases: readonly StoreCase[] = [
  storeCase('keeps what it knows of a job that is enqueued twice', async (scene) => {
    const id = await scene.enqueue();
    const first = await scene.job(id);
    await scene.enqueue({ id, payload: '"another"', tags: ['late'], dueAt: scene.at(9_000) });
    assert.deepEqual(await scene.job(id), first);
    const run = await scene.begin(id);
    await scene.finish(run, { kind: 'completed', result: '1' });
    const ended = await scene.job(id);
    await scene.enqueue({ id });
    assert.deepEqual(await scene.job(id), ended);
  }),

  storeCase('remembers many jobs of one call, the same one twice included', async (scene) => {
    const jobs = Array.from({ length: 200 }, (_, index) => scene.newJob({ payload: `${index}` }));
    await scene.records.enqueued([...jobs, { ...jobs[7]!, payload: '"late"' }]);
    const records = await scene.reads.get(jobs.map(({ id }) => id));
    assert.deepEqual(
      records.map((record) => record?.payload),
      jobs.map(({ payload }) => payload),
    );
    await scene.records.enqueued([]);
  }),

  storeCase('says of a job that the broker did not take, that and why', async (scene) => {
    const id = await scene.enqueue();
    await scene.records.enqueueFailed([{ id, generation: 1, at: scene.at(5), error: ERROR, keep: KEEP }]);
    const { state, error, endedAt } = await scene.job(id);
    assert.deepEqual(
      { state, error, endedAt },
      { state: 'enqueue_failed', error: ERROR, endedAt: scene.at(5) },
    );
  }),

  storeCase('begins a job anew that is enqueued again after the broker did not take it', async (scene) => {
    const id = await scene.enqueue({ tags: ['first'], carried: '{"first":true}' });
    await scene.records.enqueueFailed([{ id, generation: 1, at: scene.at(5), error: ERROR, keep: KEEP }]);
    await scene.enqueue({ id, payload: '"second"', createdAt: scene.at(8), dueAt: scene.at(99) });
    const { state, payload, carried, tags, error, createdAt, endedAt } = await scene.job(id);
    assert.deepEqual(
      { state, payload, carried, tags, error, createdAt, endedAt },
      {
        state: 'scheduled',
        payload: '"second"',
        carried: undefined,
        tags: [],
        error: undefined,
        createdAt: scene.at(8),
        endedAt: undefined,
      },
    );
    assert.deepEqual(await scene.counts(), { scheduled: 1 });
    await scene.begin(id);
  }),

  storeCase(
    'leaves a job alone whose message came although its publish was said to have failed',
    async (scene) => {
      const id = await scene.enqueue();
      const run = await scene.begin(id);
      const failure = { id, generation: 1, at: scene.at(15), error: ERROR, keep: KEEP };
      await scene.records.enqueueFailed([failure]);
      assert.equal((await scene.job(id)).state, 'active');
      await scene.finish(run, { kind: 'snoozed', delayMs: 10, reason: 'later' });
      await scene.records.enqueueFailed([failure]);
      assert.equal((await scene.job(id)).state, 'scheduled');
    },
  ),

  storeCase(
    'leaves a job alone that was opened for a newer message than the one that failed',
    async (scene) => {
      const id = await scene.enqueue({ dueAt: scene.at(60_000) });
      await scene.records.reopen(id, scene.opening({ from: ['scheduled'] }));
      const failure = { id, generation: 1, at: scene.at(15), error: ERROR, keep: KEEP };
      await scene.records.enqueueFailed([failure]);
      assert.equal((await scene.job(id)).state, 'queued');
      await scene.records.enqueueFailed([{ ...failure, generation: 3 }]);
      assert.equal((await scene.job(id)).state, 'enqueue_failed');
    },
  ),

  storeCase('lets a message run whose publish was said to have failed', async (scene) => {
    const id = await scene.enqueue();
    await scene.records.enqueueFailed([{ id, generation: 1, at: scene.at(5), error: ERROR, keep: KEEP }]);
    await scene.finish(await scene.begin(id), { kind: 'completed', result: '1' });
    assert.equal((await scene.job(id)).state, 'completed');
  }),

  storeCase('forgets nothing of a failed enqueue that it does not know', async (scene) => {
    const id = scene.fresh();
    await scene.records.enqueueFailed([{ id, generation: 1, at: scene.at(5), error: ERROR, keep: KEEP }]);
    assert.equal(await scene.get(id), undefined);
  }),

  storeCase('takes what no claim says from an enqueue that comes after the claim', async (scene) => {
    const job = scene.newJob({
      dueAt: scene.at(3),
      priority: 2,
      uniqueKey: 'k',
      correlationId: 'c',
      parentId: 'p',
      rootId: 'r',
      tags: ['late'],
      payload: '"known now"',
      carried: '{"headers":{}}',
    });
    const run = await scene.begin(job.id);
    assert.equal((await scene.job(job.id)).payload, undefined);
    await scene.records.enqueued([job]);
    const { state, dueAt, priority, uniqueKey, correlationId, parentId, rootId, ...more } = await scene.job(
      job.id,
    );
    const { tags, payload, carried, attempt } = more;
    assert.deepEqual(
      {
        state,
        dueAt,
        priority,
        uniqueKey,
        correlationId,
        parentId,
        rootId,
        tags,
        payload,
        carried,
        attempt,
      },
      {
        state: 'active',
        dueAt: scene.at(3),
        priority: 2,
        uniqueKey: 'k',
        correlationId: 'c',
        parentId: 'p',
        rootId: 'r',
        tags: ['late'],
        payload: '"known now"',
        carried: '{"headers":{}}',
        attempt: 1,
      },
    );
    await scene.records.enqueued([{ ...job, payload: '"a second time"' }]);
    assert.equal((await scene.job(job.id)).payload, '"known now"');
    assert.deepEqual(await scene.finish(run, { kind: 'completed', result: '1' }), { kind: 'recorded' });
  }),

  storeCase('takes it even when the job has ended meanwhile, which stays so', async (scene) => {
    const job = scene.newJob({ payload: '"late"' });
    await scene.finish(await scene.begin(job.id), { kind: 'completed', result: '1' });
    await scene.records.enqueued([job]);
    const { state, payload, result } = await scene.job(job.id);
    assert.deepEqual({ state, payload, result }, { state: 'completed', payload: '"late"', result: '1' });
  }),
];
