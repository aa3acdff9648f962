import assert from 'node:assert/strict';
import { until } from '../../until.js';
import { storeCase as anyCase, type StoreCase } from './store-case.js';
import type { StoreScene } from './store-scene.js';

const LONG_MS = 60_000;

function storeCase(name: string, play: (scene: StoreScene) => Promise<void>): StoreCase {
  return anyCase(name, play, ['unique']);
}

/** Keys that one job at a time holds. */
export const uniqueCases: readonly StoreCase[] = [
  storeCase('gives a key to the first who asks, and tells the others who holds it', async (scene) => {
    const key = scene.fresh();
    assert.deepEqual(await scene.unique.reserve(key, 'a', LONG_MS), { holder: 'a', isNew: true });
    assert.deepEqual(await scene.unique.reserve(key, 'b', LONG_MS), { holder: 'a', isNew: false });
    assert.deepEqual(await scene.unique.reserve(scene.fresh(), 'b', LONG_MS), { holder: 'b', isNew: true });
  }),

  storeCase('gives each of many keys to one of many who ask at the same time', async (scene) => {
    const other = await scene.connect();
    const keys = Array.from({ length: 10 }, () => scene.fresh());
    const asked = keys.flatMap((key) =>
      Array.from({ length: 50 }, async (_, index) => {
        const unique = index % 2 ? other.unique! : scene.unique;
        return { key, me: `${index}`, answer: await unique.reserve(key, `${index}`, LONG_MS) };
      }),
    );
    const answers = await Promise.all(asked);
    for (const key of keys) {
      const ours = answers.filter((answer) => answer.key === key);
      const winners = ours.filter(({ answer }) => answer.isNew);
      assert.equal(winners.length, 1, 'one reservation is new');
      assert.deepEqual(new Set(ours.map(({ answer }) => answer.holder)), new Set([winners[0]!.me]));
    }
  }),

  storeCase('lets only its holder free a key', async (scene) => {
    const key = scene.fresh();
    await scene.unique.reserve(key, 'a', LONG_MS);
    await scene.unique.release(key, 'b');
    assert.equal((await scene.unique.reserve(key, 'b', LONG_MS)).holder, 'a');
    await scene.unique.release(key, 'a');
    assert.deepEqual(await scene.unique.reserve(key, 'b', LONG_MS), { holder: 'b', isNew: true });
    await scene.unique.release(key, 'a');
    assert.equal((await scene.unique.reserve(key, 'c', LONG_MS)).holder, 'b');
    await scene.unique.release(scene.fresh(), 'a');
  }),

  storeCase('frees a key after its time', async (scene) => {
    const key = scene.fresh();
    await scene.unique.reserve(key, 'a', 400);
    assert.equal((await scene.unique.reserve(key, 'b', LONG_MS)).holder, 'a');
    await scene.passTime(500);
    await until(
      async () => (await scene.unique.reserve(key, 'b', LONG_MS)).holder === 'b',
      'the second job gets the key',
    );
  }),

  storeCase('gives the holder that asks again its whole time anew', async (scene) => {
    const key = scene.fresh();
    await scene.unique.reserve(key, 'a', 400);
    assert.deepEqual(await scene.unique.reserve(key, 'a', LONG_MS), { holder: 'a', isNew: false });
    await scene.passTime(500);
    assert.equal((await scene.unique.reserve(key, 'b', LONG_MS)).holder, 'a');
  }),
];
