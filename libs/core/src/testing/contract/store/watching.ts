import assert from 'node:assert/strict';
import { until } from '../../until.js';
import { storeCase, type StoreCase } from './store-case.js';
import { ERROR, KEEP, type StoreScene } from './store-scene.js';

/** Ends of jobs that a case looks for, and the way to each. */
const ENDS: ReadonlyArray<readonly [string, (scene: StoreScene, id: string) => Promise<unknown>]> = [
  ['completes', async (scene, id) => scene.finish(await scene.begin(id), { kind: 'completed', result: '1' })],
  [
    'fails',
    async (scene, id) =>
      scene.finish(await scene.begin(id), { kind: 'failed', reason: 'exhausted', error: ERROR }),
  ],
  ['is cancelled while it waits', (scene, id) => scene.cancel(id)],
  [
    'is cancelled while it runs',
    async (scene, id) => {
      const run = await scene.begin(id);
      await scene.cancel(id);
      await scene.finish(run, { kind: 'retry', delayMs: 1, error: ERROR });
    },
  ],
  [
    'is cancelled after its worker died',
    async (scene, id) => {
      const { claim } = await scene.begin(id);
      await scene.cancel(id);
      await scene.ask(claim);
    },
  ],
  [
    'is not taken by the broker',
    (scene, id) =>
      scene.records.enqueueFailed([{ id, generation: 1, at: scene.at(1), error: ERROR, keep: KEEP }]),
  ],
  ['is discarded', (scene, id) => scene.records.discard(id, 1_000)],
  [
    'completes and is forgotten at once',
    async (scene, id) => {
      const keep = { ms: 0, count: undefined };
      await scene.finish(await scene.begin(id), { kind: 'completed', result: '1' }, { keep });
    },
  ],
];

/** A watcher that counts its calls. */
async function watch(scene: StoreScene, id: string) {
  const watcher = { calls: 0, release: () => undefined as void };
  watcher.release = await scene.reads.watch(id, () => (watcher.calls += 1));
  return watcher;
}

/** Waiting for the end of a job. */
export const watchingCases: readonly StoreCase[] = [
  ...ENDS.map(([what, end]) =>
    storeCase(`calls those who watch a job when it ${what}`, async (scene) => {
      const id = await scene.enqueue();
      const watcher = await watch(scene, id);
      await end(scene, id);
      await until(() => watcher.calls > 0, 'the watcher is called');
      watcher.release();
    }),
  ),

  storeCase('lets whoever watches first and then looks miss no end', async (scene) => {
    for (let round = 0; round < 20; round += 1) {
      const id = await scene.enqueue();
      const run = await scene.begin(id);
      let calls = 0;
      const finishing = scene.finish(run, { kind: 'completed', result: '1' });
      const release = await scene.reads.watch(id, () => (calls += 1));
      const { state } = await scene.job(id);
      if (state !== 'completed') await until(() => calls > 0, 'the watcher is called');
      await finishing;
      release();
    }
  }),

  storeCase('calls for no end before the watch began, and for none after its release', async (scene) => {
    const ended = await scene.enqueue();
    await scene.finish(await scene.begin(ended), { kind: 'completed', result: '1' });
    const late = await watch(scene, ended);
    const id = await scene.enqueue();
    const released = await watch(scene, id);
    const kept = await watch(scene, id);
    released.release();
    released.release();
    await scene.cancel(id);
    await until(() => kept.calls > 0, 'the other watcher is called');
    assert.deepEqual([late.calls, released.calls], [0, 0]);
    late.release();
    kept.release();
  }),

  storeCase('calls for the job that was asked for, and for each end of it', async (scene) => {
    const id = await scene.enqueue();
    const other = await watch(scene, await scene.enqueue());
    const watcher = await watch(scene, id);
    const run = await scene.begin(id);
    await scene.finish(run, { kind: 'failed', reason: 'exhausted', error: ERROR });
    await until(() => watcher.calls === 1, 'the watcher is called');
    await scene.records.reopen(id, scene.opening({ from: ['failed'] }));
    await scene.finish(await scene.begin(id, { generation: 3 }), { kind: 'completed', result: '1' });
    await until(() => watcher.calls === 2, 'the watcher is called again');
    assert.equal(other.calls, 0);
    other.release();
    watcher.release();
  }),

  storeCase('hears of an end that another process recorded', async (scene) => {
    const id = await scene.enqueue();
    const run = await scene.begin(id);
    const watcher = await watch(scene, id);
    const other = await scene.connect();
    await other.records.finished([scene.ending(run, { kind: 'completed', result: '1' })]);
    await until(() => watcher.calls > 0, 'the watcher is called');
    watcher.release();
  }),

  storeCase('lets no watcher that throws hurt the others, or whoever ends the job', async (scene) => {
    const id = await scene.enqueue();
    const run = await scene.begin(id);
    const release = await scene.reads.watch(id, () => {
      throw new Error('a bug of the watcher');
    });
    const watcher = await watch(scene, id);
    assert.deepEqual(await scene.finish(run, { kind: 'completed', result: '1' }), { kind: 'recorded' });
    await until(() => watcher.calls > 0, 'the other watcher is called');
    release();
    watcher.release();
  }),
];
