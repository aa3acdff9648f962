import assert from 'node:assert/strict';
import type { JobQuery } from '../../../ports/store-reads.js';
import { coded } from '../expect.js';
import { storeCase, type StoreCase } from './store-case.js';
import { ERROR, type StoreScene } from './store-scene.js';

/** Ids of all pages, in their order. Each call may look at a bounded number only, so pages may be empty. */
async function found(scene: StoreScene, query: JobQuery, limit = 100): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await scene.reads.find(query, { limit, cursor });
    assert.ok(page.jobs.length <= limit, `a page of ${page.jobs.length} with the limit ${limit}`);
    ids.push(...page.jobs.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== undefined);
  return ids;
}

/** Jobs created at instants 0, 1, 2 ... of the case, in its queue; the newest first. */
async function someJobs(scene: StoreScene, count: number): Promise<string[]> {
  const jobs = Array.from({ length: count }, (_, index) => scene.newJob({ createdAt: scene.at(index) }));
  await scene.records.enqueued(jobs);
  return jobs.map(({ id }) => id).reverse();
}

/** Finding and counting jobs. */
export const findingCases: readonly StoreCase[] = [
  storeCase('finds jobs by each of their marks, and by all of them together', async (scene) => {
    const { queue, type } = scene;
    const tag = `tag ${scene.fresh()}`;
    const plain = await scene.enqueue({ createdAt: scene.at(1) });
    const tagged = await scene.enqueue({ createdAt: scene.at(2), tags: ['another', tag] });
    const typed = await scene.enqueue({ createdAt: scene.at(3), type: `${type}:deep`, tags: [tag] });
    const elsewhere = await scene.enqueue({ createdAt: scene.at(4), queue: `${queue}-other`, tags: [tag] });
    const failed = await scene.enqueue({ createdAt: scene.at(5) });
    await scene.finish(await scene.begin(failed), { kind: 'failed', reason: 'expired', error: ERROR });
    const dead = await scene.enqueue({ createdAt: scene.at(6), tags: [tag] });
    await scene.finish(await scene.begin(dead), { kind: 'failed', reason: 'exhausted', error: ERROR });
    const running = await scene.enqueue({ createdAt: scene.at(7) });
    await scene.begin(running);

    const expected: ReadonlyArray<readonly [JobQuery, readonly string[]]> = [
      [{ queue }, [running, dead, failed, typed, tagged, plain]],
      [{ queue: `${queue}-other` }, [elsewhere]],
      [{ type }, [running, dead, failed, elsewhere, tagged, plain]],
      [{ type: `${type}:` }, [typed]],
      [{ type: `${type}:deep` }, [typed]],
      [{ type: type.slice(0, -1) }, []],
      [{ tag }, [dead, elsewhere, typed, tagged]],
      [{ queue, states: ['queued'] }, [typed, tagged, plain]],
      [{ queue, states: ['failed', 'active'] }, [running, dead, failed]],
      [{ queue, states: [] }, []],
      [{ queue, reason: 'expired' }, [failed]],
      [{ queue, createdAfter: scene.at(6) }, [running, dead]],
      [{ queue, createdBefore: scene.at(3) }, [tagged, plain]],
      [{ queue, createdAfter: scene.at(2), createdBefore: scene.at(6) }, [failed, typed, tagged]],
      [{ queue, type, tag, states: ['failed'], reason: 'exhausted', createdAfter: scene.at(6) }, [dead]],
      [{ queue, tag, states: ['completed'] }, []],
      [{ tag, states: ['queued'], createdBefore: scene.at(4) }, [typed, tagged]],
      [{ queue: `${queue} that nobody has` }, []],
    ];
    for (const [query, ids] of expected) {
      assert.deepEqual(await found(scene, query), ids, JSON.stringify(query));
      assert.deepEqual(await found(scene, query, 1), ids, `one by one: ${JSON.stringify(query)}`);
    }
  }),

  storeCase('finds the prefix of a type, and not what only begins with its letters', async (scene) => {
    const prefix = scene.type.slice(0, scene.type.indexOf(':'));
    const inside = await scene.enqueue({ type: `${prefix}:a` });
    await scene.enqueue({ type: `${prefix}-more:a` });
    assert.deepEqual(await found(scene, { type: `${prefix}:` }), [inside]);
  }),

  storeCase('finds whole records, as get answers them', async (scene) => {
    const id = await scene.enqueue({ tags: ['a'] });
    await scene.finish(await scene.begin(id), { kind: 'completed', result: '[1]' });
    const page = await scene.reads.find({ queue: scene.queue }, { limit: 5 });
    assert.deepEqual(page.jobs, [await scene.job(id)]);
  }),

  storeCase('walks through pages of any size, the newest first', async (scene) => {
    const ids = await someJobs(scene, 25);
    for (const limit of [1, 7, 24, 25, 26, 100]) {
      assert.deepEqual(await found(scene, { queue: scene.queue }, limit), ids, `pages of ${limit}`);
    }
  }),

  storeCase('walks through jobs that were created in the same millisecond, each once', async (scene) => {
    const jobs = Array.from({ length: 20 }, () => scene.newJob());
    await scene.records.enqueued(jobs);
    const ids = jobs.map(({ id }) => id).sort();
    assert.deepEqual(await found(scene, { queue: scene.queue }, 3), ids.reverse());
  }),

  storeCase('walks on in its place while jobs come, change and go', async (scene) => {
    const ids = await someJobs(scene, 10);
    const query = { queue: scene.queue };
    const first = await scene.reads.find(query, { limit: 4 });
    assert.deepEqual(
      first.jobs.map(({ id }) => id),
      ids.slice(0, 4),
    );
    await scene.enqueue({ createdAt: scene.at(1_000) });
    await scene.records.discard(ids[3]!, 1_000);
    await scene.records.discard(ids[6]!, 1_000);
    await scene.begin(ids[5]!);
    const rest: string[] = [];
    for (let cursor = first.next; cursor !== undefined;) {
      const page = await scene.reads.find(query, { limit: 4, cursor });
      rest.push(...page.jobs.map(({ id }) => id));
      cursor = page.next;
    }
    assert.deepEqual(rest, [ids[4], ids[5], ids[7], ids[8], ids[9]]);
  }),

  storeCase('refuses cursors that it did not make with WARREN_BAD_CURSOR', async (scene) => {
    await someJobs(scene, 3);
    const query = { queue: scene.queue };
    const { next } = await scene.reads.find(query, { limit: 1 });
    assert.ok(next !== undefined, 'there is a second page');
    const made = [
      '',
      '0',
      '1',
      'next',
      'null',
      '[]',
      '{}',
      '__proto__',
      '%%%',
      '\u0000',
      '*',
      'é'.repeat(5_000),
      Buffer.from('[1,"a"]').toString('base64url'),
      Buffer.from('{"createdAt":1,"id":"a"}').toString('base64'),
      next.slice(0, -3),
      `${next}A`,
      ` ${next}`,
    ];
    for (const cursor of made) {
      await assert.rejects(
        scene.reads.find(query, { limit: 1, cursor }),
        coded('WARREN_BAD_CURSOR', 'cursor'),
      );
    }
  }),

  storeCase('counts jobs by queue and state, through all their changes', async (scene) => {
    assert.deepEqual(await scene.counts(), {});
    const [waiting, run, done] = [await scene.enqueue(), await scene.enqueue(), await scene.enqueue()];
    await scene.enqueue({ dueAt: scene.at(60_000) });
    await scene.enqueue({ queue: `${scene.queue}-other` });
    assert.deepEqual(await scene.counts(), { queued: 3, scheduled: 1 });
    await scene.begin(run);
    await scene.finish(await scene.begin(done), { kind: 'completed', result: '1' });
    await scene.begin(scene.fresh());
    assert.deepEqual(await scene.counts(), { queued: 1, scheduled: 1, active: 2, completed: 1 });
    await scene.cancel(waiting);
    await scene.records.reopen(done, scene.opening({ from: ['completed'] }));
    assert.deepEqual(await scene.counts(), { queued: 1, scheduled: 1, active: 2, cancelled: 1 });
    assert.deepEqual(await scene.counts(`${scene.queue}-other`), { queued: 1 });
  }),
];
