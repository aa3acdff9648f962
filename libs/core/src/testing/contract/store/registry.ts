import assert from 'node:assert/strict';
import type { SettingChange, StoredSetting } from '../../../ports/store-registry.js';
import { until } from '../../until.js';
import { storeCase as anyCase, type StoreCase } from './store-case.js';
import type { StoreScene } from './store-scene.js';

const LONG_MS = 60_000;

function storeCase(name: string, play: (scene: StoreScene) => Promise<void>): StoreCase {
  return anyCase(name, play, ['registry']);
}

/** What is set for the names of this case, by key. */
async function settingsOf(scene: StoreScene, name: string): Promise<StoredSetting[]> {
  const all = await scene.registry.settings(undefined);
  assert.ok(all, 'who knows no version is told');
  return all.settings.filter((setting) => setting.name === name).sort((a, b) => (a.key < b.key ? -1 : 1));
}

function setting(name: string, key: string, value: string | undefined): SettingChange {
  return { scope: 'queue', name, key, value };
}

async function idsOf(scene: StoreScene): Promise<string[]> {
  return (await scene.registry.workers()).map(({ id }) => id);
}

/** What operators turn while jobs run, and who runs them. */
export const registryCases: readonly StoreCase[] = [
  storeCase('gives back what is set as it was given, for every process', async (scene) => {
    const other = await scene.connect();
    const name = `a:b'"\\é\n-${scene.fresh()}`;
    const changes = [
      setting(name, 'a:1', '{"max":10,"per":"1m","odd":"\\u0000 é"}'),
      setting(name, 'b', 'true'),
      { ...setting(name, 'b', '"of the type"'), scope: 'type' } as const,
    ];
    await other.registry!.change(changes);
    const found = await settingsOf(scene, name);
    assert.deepEqual(
      found.sort((a, b) => a.value.localeCompare(b.value)),
      [...changes].sort((a, b) => a.value!.localeCompare(b.value!)),
    );
  }),

  storeCase('replaces what was set, takes away what is said to go, and leaves the rest', async (scene) => {
    const name = scene.fresh();
    await scene.registry.change([setting(name, 'a', '1'), setting(name, 'b', '2'), setting(name, 'c', '3')]);
    await scene.registry.change([setting(name, 'a', '10'), setting(name, 'b', undefined)]);
    await scene.registry.change([setting(name, 'never set', undefined)]);
    assert.deepEqual(await settingsOf(scene, name), [setting(name, 'a', '10'), setting(name, 'c', '3')]);
  }),

  storeCase(
    'raises the version with each change, and tells only those who know another one',
    async (scene) => {
      const other = await scene.connect();
      const name = scene.fresh();
      const first = await scene.registry.change([setting(name, 'a', '1')]);
      const second = await other.registry!.change([setting(name, 'a', '2')]);
      assert.ok(second > first, `${second} comes after ${first}`);
      assert.equal(await scene.registry.settings(second), undefined);
      const told = await scene.registry.settings(first);
      assert.equal(told?.version, second);
      assert.ok(told.settings.some((entry) => entry.name === name && entry.value === '2'));
    },
  ),

  storeCase('loses no change of many processes at the same time', async (scene) => {
    const other = await scene.connect();
    const name = scene.fresh();
    const keys = Array.from({ length: 40 }, (_, index) => `key-${String(index).padStart(2, '0')}`);
    const versions = await Promise.all(
      keys.map((key, index) =>
        (index % 2 ? other.registry! : scene.registry).change([setting(name, key, '1')]),
      ),
    );
    assert.equal(new Set(versions).size, keys.length, 'each change has a version of its own');
    assert.deepEqual(
      (await settingsOf(scene, name)).map(({ key }) => key),
      keys,
    );
  }),

  storeCase('lists the workers that announced themselves, with what they said last', async (scene) => {
    const other = await scene.connect();
    const id = `host:é-${scene.fresh()}`;
    await other.registry!.announce({ id, text: '{"running":0}' }, LONG_MS);
    await other.registry!.announce({ id, text: '{"running":1,"text":"é\\n"}' }, LONG_MS);
    const found = (await scene.registry.workers()).filter((worker) => worker.id === id);
    assert.deepEqual(found, [{ id, text: '{"running":1,"text":"é\\n"}' }]);
  }),

  storeCase('forgets a worker that says nothing for its time, and one that ends', async (scene) => {
    const [silent, ended, alive] = [scene.fresh(), scene.fresh(), scene.fresh()];
    await scene.registry.announce({ id: silent, text: '{}' }, 400);
    await scene.registry.announce({ id: ended, text: '{}' }, LONG_MS);
    await scene.registry.announce({ id: alive, text: '{}' }, LONG_MS);
    await scene.registry.withdraw(ended);
    await scene.registry.withdraw(scene.fresh());
    assert.deepEqual((await idsOf(scene)).filter((id) => [silent, ended, alive].includes(id)).length, 2);
    await scene.passTime(500);
    await until(async () => !(await idsOf(scene)).includes(silent), 'the silent worker is gone');
    assert.ok((await idsOf(scene)).includes(alive));
  }),

  storeCase('gives a worker that speaks again its whole time anew', async (scene) => {
    const id = scene.fresh();
    await scene.registry.announce({ id, text: '{}' }, 400);
    await scene.registry.announce({ id, text: '{}' }, LONG_MS);
    await scene.passTime(500);
    assert.ok((await idsOf(scene)).includes(id));
  }),
];
