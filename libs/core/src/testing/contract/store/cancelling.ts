import assert from 'node:assert/strict';
import type { Ending } from '../../../ports/store-records.js';
import { storeCase, type StoreCase } from './store-case.js';
import { ERROR, KEEP } from './store-scene.js';

const AGAIN: readonly Ending['outcome'][] = [
  { kind: 'retry', delayMs: 1, error: ERROR },
  { kind: 'snoozed', delayMs: 1, reason: 'later' },
  { kind: 'interrupted', why: 'shutdown' },
  { kind: 'failed', reason: 'exhausted', error: ERROR },
];

/** Cancel, and what it meets. */
export const cancellingCases: readonly StoreCase[] = [
  storeCase('cancels what waits, at once, and says who wanted it', async (scene) => {
    const queued = await scene.enqueue();
    const scheduled = await scene.enqueue({ dueAt: scene.at(60_000) });
    const retrying = await scene.enqueue();
    await scene.finish(await scene.begin(retrying), { kind: 'retry', delayMs: 9_000, error: ERROR });
    for (const id of [queued, scheduled, retrying]) {
      assert.deepEqual(await scene.cancel(id, { reason: 'a mistake' }), { kind: 'cancelled' });
      const { state, cancellation, endedAt } = await scene.job(id);
      assert.deepEqual(
        { state, cancellation, endedAt },
        {
          state: 'cancelled',
          cancellation: { at: scene.at(50), reason: 'a mistake', by: 'somebody' },
          endedAt: scene.at(50),
        },
      );
    }
  }),

  storeCase('answers every message of a cancelled job with its cancellation', async (scene) => {
    const id = await scene.enqueue();
    const first = await scene.begin(id);
    await scene.finish(first, { kind: 'retry', delayMs: 9_000, error: ERROR });
    await scene.cancel(id, { reason: 'enough' });
    const cancelled = {
      kind: 'cancelled',
      cancellation: { at: scene.at(50), reason: 'enough', by: 'somebody' },
    };
    assert.deepEqual(await scene.ask(first.claim), cancelled);
    assert.deepEqual(await scene.ask(scene.claim(id, { generation: 2, attempt: 2 })), cancelled);
    assert.equal((await scene.job(id)).state, 'cancelled');
    // Its worker repeats an end whose answer was lost: the retry is off.
    assert.deepEqual(await scene.finish(first, { kind: 'retry', delayMs: 9_000, error: ERROR }), cancelled);
  }),

  storeCase(
    'asks for the end of what runs, names its worker, and lets it run on meanwhile',
    async (scene) => {
      const id = await scene.enqueue();
      const run = await scene.begin(id, { worker: 'worker-9' });
      const asked = { kind: 'asked', worker: 'worker-9' };
      assert.deepEqual(await scene.cancel(id, { reason: 'first' }), asked);
      assert.deepEqual(await scene.cancel(id, { reason: 'second' }), asked);
      const { state, cancellation } = await scene.job(id);
      assert.deepEqual([state, cancellation?.reason], ['active', 'first']);
      assert.deepEqual(await scene.finish(run, { kind: 'cancelled' }), { kind: 'recorded' });
      const ended = await scene.job(id);
      assert.deepEqual([ended.state, ended.cancellation?.reason], ['cancelled', 'first']);
      assert.equal(ended.attempts.at(-1)?.outcome, 'cancelled');
    },
  ),

  ...AGAIN.map((outcome) =>
    storeCase(
      `ends a job cancelled whose run was ${outcome.kind} after somebody asked for that`,
      async (scene) => {
        const id = await scene.enqueue();
        const run = await scene.begin(id);
        await scene.cancel(id, { reason: 'stop' });
        const cancelled = {
          kind: 'cancelled',
          cancellation: { at: scene.at(50), reason: 'stop', by: 'somebody' },
        };
        assert.deepEqual(await scene.finish(run, outcome), cancelled);
        assert.deepEqual(await scene.finish(run, outcome), cancelled);
        const { state, reason } = await scene.job(id);
        assert.deepEqual({ state, reason }, { state: 'cancelled', reason: undefined });
        assert.deepEqual(await scene.ask(run.claim), { kind: 'ended', outcome: { kind: 'cancelled' } });
        assert.equal((await scene.ask(scene.claim(id, { generation: 2 }))).kind, 'cancelled');
      },
    ),
  ),

  storeCase('lets a job complete that does so although somebody asked for its end', async (scene) => {
    const id = await scene.enqueue();
    const run = await scene.begin(id);
    await scene.cancel(id);
    assert.deepEqual(await scene.finish(run, { kind: 'completed', result: '1' }), { kind: 'recorded' });
    const { state, result, cancellation } = await scene.job(id);
    assert.deepEqual(
      { state, result, cancellation },
      { state: 'completed', result: '1', cancellation: undefined },
    );
  }),

  storeCase('ends a job cancelled whose worker died before it could obey', async (scene) => {
    const id = await scene.enqueue();
    const { claim } = await scene.begin(id);
    await scene.cancel(id, { reason: 'stop', keep: { ms: 300, count: undefined } });
    const answer = await scene.ask({ ...claim, at: scene.at(80) });
    assert.deepEqual(answer, {
      kind: 'cancelled',
      cancellation: { at: scene.at(50), reason: 'stop', by: 'somebody' },
      isNew: true,
    });
    const { state, attempts } = await scene.job(id);
    assert.deepEqual([state, attempts.map(({ outcome }) => outcome)], ['cancelled', ['lost']]);
    await scene.passTime(400);
    await scene.untilForgotten(id);
  }),

  storeCase('ends it so for the next message too, when the end of the run was not told', async (scene) => {
    const id = await scene.enqueue();
    await scene.begin(id);
    await scene.cancel(id);
    assert.equal((await scene.ask(scene.claim(id, { generation: 2, attempt: 2 }))).kind, 'cancelled');
    assert.equal((await scene.job(id)).state, 'cancelled');
  }),

  storeCase('gives every cancelled job a cancellation, where nobody asked for it too', async (scene) => {
    const id = await scene.enqueue();
    const run = await scene.begin(id);
    await scene.finish(run, { kind: 'cancelled' });
    const cancellation = { at: scene.at(20), reason: undefined, by: undefined };
    assert.deepEqual((await scene.job(id)).cancellation, cancellation);
    assert.deepEqual(await scene.ask(scene.claim(id, { generation: 2 })), {
      kind: 'cancelled',
      cancellation,
    });
  }),

  ...[0, 300].map((ms) =>
    storeCase(
      `lets the messages of a cancelled job leave unseen that was kept for ${ms} ms and is forgotten`,
      async (scene) => {
        const scheduled = await scene.enqueue({ dueAt: scene.at(60_000) });
        const retrying = await scene.enqueue();
        await scene.finish(await scene.begin(retrying), { kind: 'retry', delayMs: 9_000, error: ERROR });
        for (const id of [scheduled, retrying]) {
          await scene.cancel(id, { reason: 'no', keep: { ms, count: undefined } });
        }
        await scene.passTime(ms + 100);
        for (const id of [scheduled, retrying]) {
          await scene.untilForgotten(id);
          assert.deepEqual(await scene.ask(scene.claim(id, { generation: 2 })), {
            kind: 'cancelled',
            cancellation: { at: scene.at(50), reason: 'no', by: 'somebody' },
          });
          assert.equal(await scene.get(id), undefined);
        }
      },
    ),
  ),

  storeCase('says of a finished job how it ended, and of an unknown one that', async (scene) => {
    const completed = await scene.enqueue();
    await scene.finish(await scene.begin(completed), { kind: 'completed', result: '1' });
    const failed = await scene.enqueue();
    await scene.finish(await scene.begin(failed), { kind: 'failed', reason: 'exhausted', error: ERROR });
    const refused = await scene.enqueue();
    await scene.records.enqueueFailed([
      { id: refused, generation: 1, at: scene.at(1), error: ERROR, keep: KEEP },
    ]);
    const cancelled = await scene.enqueue();
    await scene.cancel(cancelled, { reason: 'first' });
    const before = await scene.reads.get([completed, failed, refused, cancelled]);
    assert.deepEqual(await scene.cancel(completed), { kind: 'final', state: 'completed' });
    assert.deepEqual(await scene.cancel(failed), { kind: 'final', state: 'failed' });
    assert.deepEqual(await scene.cancel(refused), { kind: 'final', state: 'enqueue_failed' });
    assert.deepEqual(await scene.cancel(cancelled, { reason: 'second' }), {
      kind: 'final',
      state: 'cancelled',
    });
    assert.deepEqual(await scene.cancel(scene.fresh()), { kind: 'unknown' });
    assert.deepEqual(await scene.reads.get([completed, failed, refused, cancelled]), before);
  }),

  storeCase('lets cancel and claim race to one of two ends', async (scene) => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => scene.enqueue()));
    const other = await scene.connect();
    for (const id of ids) {
      const cancellation = { at: scene.at(50), reason: undefined, by: undefined };
      const [asked, [claimed]] = await Promise.all([
        other.records.cancel(id, cancellation, KEEP),
        scene.records.claim([scene.claim(id)]),
      ]);
      const ends = `${asked.kind}, ${claimed!.kind}`;
      assert.ok(['cancelled, cancelled', 'asked, run'].includes(ends), ends);
    }
  }),
];
