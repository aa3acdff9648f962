import assert from 'node:assert/strict';
import { coded } from '../expect.js';
import { storeCase, type StoreCase } from './store-case.js';

/** What is left when a store closes. */
export const closingStoreCases: readonly StoreCase[] = [
  storeCase(
    'says that it is up, and where, without an address that holds a password',
    async (scene) => {
      const store = await scene.connect();
      const { state, text } = store.status();
      assert.equal(state, 'up');
      assert.ok(text.length > 0 && !/:[^:/@]+@/.test(text), text);
    },
    ['records'],
  ),

  storeCase(
    'can be closed twice, and says that it is closed',
    async (scene) => {
      const store = await scene.connect();
      await store.close();
      await store.close();
      assert.equal(store.status().state, 'closed');
    },
    ['records'],
  ),

  storeCase('refuses calls after close with WARREN_CLOSED', async (scene) => {
    const store = await scene.connect();
    await store.close();
    const id = scene.fresh();
    await assert.rejects(store.records.enqueued([scene.newJob({ id })]), coded('WARREN_CLOSED'));
    await assert.rejects(store.records.claim([scene.claim(id)]), coded('WARREN_CLOSED'));
    await assert.rejects(store.reads!.get([id]), coded('WARREN_CLOSED'));
    assert.equal(await scene.get(id), undefined);
  }),

  storeCase('remembers all when one of two processes closes', async (scene) => {
    const other = await scene.connect();
    const job = scene.newJob();
    await other.records.enqueued([job]);
    await other.close();
    assert.equal((await scene.job(job.id)).state, 'queued');
  }),
];
