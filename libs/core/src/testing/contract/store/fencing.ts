import assert from 'node:assert/strict';
import type { Ending } from '../../../ports/store-records.js';
import { storeCase, type StoreCase } from './store-case.js';
import { ERROR, type Run } from './store-scene.js';

const FENCED = { kind: 'fenced' };
const RECORDED = { kind: 'recorded' };

const ENDS: readonly Ending['outcome'][] = [
  { kind: 'completed', result: '"first"' },
  { kind: 'retry', delayMs: 1_000, error: ERROR },
  { kind: 'snoozed', delayMs: 1_000, reason: 'later' },
  { kind: 'failed', reason: 'exhausted', error: ERROR },
  { kind: 'cancelled' },
  { kind: 'interrupted', why: 'shutdown' },
];

/** Whose end of a run counts. */
export const fencingCases: readonly StoreCase[] = [
  ...ENDS.map((outcome) =>
    storeCase(
      `answers the repeated end of a run that was ${outcome.kind} alike, and changes nothing`,
      async (scene) => {
        const id = await scene.enqueue();
        const run = await scene.begin(id);
        assert.deepEqual(await scene.finish(run, outcome), RECORDED);
        const before = await scene.job(id);
        assert.deepEqual(await scene.finish(run, outcome, { at: scene.at(500) }), RECORDED);
        assert.deepEqual(await scene.finish(run, { kind: 'completed', result: '"second"' }), RECORDED);
        assert.deepEqual(await scene.job(id), before);
      },
    ),
  ),

  storeCase('refuses an end with another generation, token or run, and changes nothing', async (scene) => {
    const id = await scene.enqueue();
    const lost = await scene.begin(id);
    const run = await scene.begin(id, { token: lost.claim.token });
    const before = await scene.job(id);
    const { fence } = run;
    const wrong = [
      { ...fence, generation: 2 },
      { ...fence, generation: 0 },
      { ...fence, token: scene.fresh() },
      { ...fence, token: undefined },
      { ...fence, run: fence.run + 1 },
      lost.fence,
    ];
    for (const other of wrong) {
      const answer = await scene.finish({ ...run, fence: other }, { kind: 'completed', result: '1' });
      assert.deepEqual(answer, FENCED, JSON.stringify(other));
    }
    assert.deepEqual(await scene.job(id), before);
    assert.deepEqual(await scene.finish(run, { kind: 'completed', result: '1' }), RECORDED);
  }),

  storeCase(
    'refuses the end of a run once the next message was claimed, whatever that has become',
    async (scene) => {
      const id = await scene.enqueue();
      const first = await scene.begin(id);
      const second = await scene.begin(id, { generation: 2, attempt: 2, at: scene.at(30) });
      assert.deepEqual(
        await scene.finish(first, { kind: 'failed', reason: 'exhausted', error: ERROR }),
        FENCED,
      );
      assert.equal((await scene.job(id)).state, 'active');
      await scene.finish(second, { kind: 'completed', result: '1' });
      assert.deepEqual(await scene.finish(first, { kind: 'retry', delayMs: 1, error: ERROR }), FENCED);
      assert.equal((await scene.job(id)).state, 'completed');
    },
  ),

  storeCase('takes one of two workers that finish the same job', async (scene) => {
    const id = await scene.enqueue();
    const dead = await scene.begin(id, { worker: 'worker-1' });
    const alive = await scene.begin(id, { token: dead.claim.token, worker: 'worker-2' });
    const other = await scene.connect();
    const [late, own] = await Promise.all([
      other.records.finished([scene.ending(dead, { kind: 'failed', reason: 'exhausted', error: ERROR })]),
      scene.records.finished([scene.ending(alive, { kind: 'completed', result: '"mine"' })]),
    ]);
    assert.deepEqual([late, own], [[FENCED], [RECORDED]]);
    const { state, result, reason } = await scene.job(id);
    assert.deepEqual({ state, result, reason }, { state: 'completed', result: '"mine"', reason: undefined });
  }),

  storeCase('answers many ends of one call in their order, each on its own', async (scene) => {
    const runs: Run[] = [];
    for (let index = 0; index < 30; index += 1) runs.push(await scene.begin(await scene.enqueue()));
    const ends = runs.map((run, index) => {
      const fence = index % 3 === 1 ? { ...run.fence, token: 'not mine' } : run.fence;
      return scene.ending({ ...run, fence }, { kind: 'completed', result: `${index}` });
    });
    const answers = await scene.records.finished(ends);
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      runs.map((_, index) => (index % 3 === 1 ? 'fenced' : 'recorded')),
    );
    const records = await scene.reads.get(runs.map(({ fence }) => fence.id));
    assert.deepEqual(
      records.map((record) => record?.result),
      runs.map((_, index) => (index % 3 === 1 ? undefined : `${index}`)),
    );
    assert.deepEqual(await scene.records.finished([]), []);
  }),

  storeCase('records the end of a run whose claim was not answered', async (scene) => {
    const id = await scene.enqueue();
    const claim = scene.claim(id, { attempt: 2 });
    const run = { claim, fence: { id, generation: 1, token: claim.token, run: 0 } };
    assert.deepEqual(await scene.finish(run, { kind: 'completed', result: '1' }), RECORDED);
    const { state, attempt, worker, attempts } = await scene.job(id);
    assert.deepEqual({ state, attempt, worker }, { state: 'completed', attempt: 2, worker: 'worker-1' });
    assert.deepEqual(
      attempts.map(({ outcome }) => outcome),
      ['completed'],
    );
    assert.deepEqual(await scene.finish(run, { kind: 'completed', result: '2' }), RECORDED);
    assert.equal((await scene.job(id)).result, '1');
  }),

  storeCase('records it too when the claim was taken and only its answer lost', async (scene) => {
    const id = await scene.enqueue();
    const { claim, fence } = await scene.begin(id);
    const run = { claim, fence: { ...fence, run: 0 } };
    assert.deepEqual(await scene.finish(run, { kind: 'completed', result: '1' }), RECORDED);
    const { state, attempts } = await scene.job(id);
    assert.equal(state, 'completed');
    assert.deepEqual(
      attempts.map(({ outcome }) => outcome),
      ['completed'],
    );
  }),

  storeCase(
    'lets a run complete whose claim was taken without an answer, although somebody asked for its end',
    async (scene) => {
      const id = await scene.enqueue();
      const { claim, fence } = await scene.begin(id);
      await scene.cancel(id);
      const run = { claim, fence: { ...fence, run: 0 } };
      for (const repeated of [RECORDED, RECORDED]) {
        assert.deepEqual(await scene.finish(run, { kind: 'completed', result: '1' }), repeated);
      }
      const { state, result, cancellation, attempts } = await scene.job(id);
      assert.deepEqual(
        { state, result, cancellation, attempts: attempts.map(({ outcome }) => outcome) },
        { state: 'completed', result: '1', cancellation: undefined, attempts: ['completed'] },
      );
    },
  ),

  storeCase('ends it cancelled, with its attempt, when it does not complete', async (scene) => {
    const id = await scene.enqueue();
    const { claim, fence } = await scene.begin(id);
    await scene.cancel(id, { reason: 'stop' });
    const run = { claim, fence: { ...fence, run: 0 } };
    const cancelled = {
      kind: 'cancelled',
      cancellation: { at: scene.at(50), reason: 'stop', by: 'somebody' },
    };
    const retry = { kind: 'retry', delayMs: 1, error: ERROR } as const;
    assert.deepEqual(await scene.finish(run, retry), cancelled);
    assert.deepEqual(await scene.finish(run, retry), cancelled);
    const { state, attempts } = await scene.job(id);
    assert.deepEqual([state, attempts.map(({ outcome }) => outcome)], ['cancelled', ['retry']]);
  }),

  storeCase('refuses it when another message owns the job, and when it was cancelled', async (scene) => {
    const unanswered = (id: string): Run => {
      const claim = scene.claim(id);
      return { claim, fence: { id, generation: 1, token: claim.token, run: 0 } };
    };
    const owned = await scene.enqueue();
    await scene.begin(owned);
    assert.deepEqual(await scene.finish(unanswered(owned), { kind: 'completed', result: '1' }), FENCED);
    assert.equal((await scene.job(owned)).state, 'active');
    const cancelled = await scene.enqueue();
    await scene.cancel(cancelled);
    const answer = await scene.finish(unanswered(cancelled), { kind: 'retry', delayMs: 1, error: ERROR });
    assert.equal(answer.kind, 'cancelled');
    assert.equal((await scene.job(cancelled)).state, 'cancelled');
  }),

  storeCase('records the end of a job that it does not know', async (scene) => {
    const id = scene.fresh();
    const claim = scene.claim(id);
    const run = { claim, fence: { id, generation: 1, token: claim.token, run: 4 } };
    assert.deepEqual(
      await scene.finish(run, { kind: 'failed', reason: 'exhausted', error: ERROR }),
      RECORDED,
    );
    const { state, type, queue, reason, attempts } = await scene.job(id);
    assert.deepEqual(
      { state, type, queue, reason, attempts: attempts.length },
      { state: 'failed', type: scene.type, queue: scene.queue, reason: 'exhausted', attempts: 1 },
    );
    assert.equal((await scene.ask(claim)).kind, 'ended');
  }),

  storeCase('keeps the newest 50 attempts', async (scene) => {
    const id = await scene.enqueue();
    for (let number = 1; number <= 53; number += 1) {
      const run = await scene.begin(id, { generation: number, attempt: number });
      await scene.finish(run, { kind: 'retry', delayMs: 1, error: ERROR });
    }
    const { attempts, attempt } = await scene.job(id);
    assert.equal(attempt, 53);
    assert.deepEqual(
      attempts.map(({ number }) => number),
      Array.from({ length: 50 }, (_, index) => index + 4),
    );
  }),
];
