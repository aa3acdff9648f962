import assert from 'node:assert/strict';
import { storeCase, type StoreCase } from './store-case.js';

/** Texts of 1 to 255 bytes that have broken something somewhere. Each case adds something of its own. */
const ODD_TEXTS = [
  ' ',
  'two words',
  'a:b:c',
  '{braces}',
  '}{',
  '*?[a-z]',
  '../../etc',
  'quote\'"`',
  'back\\slash',
  'new\nline',
  'nul\u0000byte',
  'emoji 🐇, accents éü, 日本語',
  '__proto__',
  'constructor',
  'toString',
  '0',
  '-1',
  'null',
  '%s%d',
  ',;|',
];

const LONGEST_BYTES = 255;

/** Names and values that a store must not stumble over. */
export const oddValueCases: readonly StoreCase[] = [
  storeCase('keeps jobs with odd ids, tags, queues and workers apart', async (scene) => {
    const mark = scene.fresh();
    const long = `${mark}${'é'.repeat(200)}`;
    const cut = Buffer.from(long)
      .subarray(0, LONGEST_BYTES - 1)
      .toString()
      .replace(/\uFFFD$/, '');
    const ids = [...ODD_TEXTS.map((text) => `${text}${mark}`), `${mark}`.padEnd(LONGEST_BYTES, 'x'), cut];
    await scene.records.enqueued(
      ids.map((id) =>
        scene.newJob({
          id,
          tags: [id],
          queue: scene.queue,
          correlationId: id,
          parentId: id,
          rootId: id,
          uniqueKey: id,
        }),
      ),
    );
    for (const id of ids) {
      const run = await scene.begin(id, { worker: id, token: id });
      assert.deepEqual(await scene.finish(run, { kind: 'completed', result: JSON.stringify(id) }), {
        kind: 'recorded',
      });
    }
    for (const id of ids) {
      const job = await scene.job(id);
      assert.deepEqual(
        [
          job.id,
          job.tags,
          job.correlationId,
          job.parentId,
          job.rootId,
          job.uniqueKey,
          job.worker,
          job.result,
        ],
        [id, [id], id, id, id, id, id, JSON.stringify(id)],
      );
      const page = await scene.reads.find({ queue: scene.queue, tag: id }, { limit: 100 });
      assert.deepEqual(
        page.jobs.map((found) => found.id),
        [id],
      );
      assert.deepEqual(await scene.ask(scene.claim(id, { token: id })), {
        kind: 'ended',
        outcome: { kind: 'completed' },
      });
    }
    assert.deepEqual(await scene.counts(), { completed: ids.length });
  }),

  storeCase('knows the ids of no prototype', async (scene) => {
    const inherited = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    assert.deepEqual(
      await scene.reads.get(inherited),
      inherited.map(() => undefined),
    );
  }),

  storeCase('counts queues with odd names', async (scene) => {
    const queues = ODD_TEXTS.map((text) => `${text}${scene.queue}`);
    await scene.records.enqueued(queues.map((queue) => scene.newJob({ queue })));
    for (const queue of queues) assert.deepEqual(await scene.counts(queue), { queued: 1 });
  }),

  storeCase(
    'keeps odd unique keys apart',
    async (scene) => {
      const keys = ODD_TEXTS.map((text) => `${text}${scene.fresh()}`);
      for (const key of keys) {
        assert.deepEqual(await scene.unique.reserve(key, key, 60_000), { holder: key, isNew: true });
      }
      for (const key of keys) await scene.unique.release(key, key);
      for (const key of keys) {
        assert.equal((await scene.unique.reserve(key, 'next', 60_000)).holder, 'next');
      }
    },
    ['unique'],
  ),

  storeCase('gives back payload, result and progress of 10 MB as they were', async (scene) => {
    const text = JSON.stringify('aé🐇"\\\n'.repeat(800_000));
    assert.ok(Buffer.byteLength(text) > 10_000_000);
    const id = await scene.enqueue({ payload: text });
    const run = await scene.begin(id);
    await scene.records.reported([{ fence: run.fence, at: scene.at(11), progress: text }]);
    await scene.finish(run, { kind: 'completed', result: text });
    const { payload, result, progress } = await scene.job(id);
    // Not deepEqual: it would print them.
    assert.ok(payload === text && result === text && progress === text);
    await scene.records.discard(id, 0);
  }),

  storeCase('takes instants of workers whose clocks differ as they are', async (scene) => {
    const id = await scene.enqueue();
    const run = await scene.begin(id, { at: scene.at(-3_600_000) });
    await scene.finish(run, { kind: 'completed', result: '1' }, { at: scene.at(-7_200_000) });
    const { state, startedAt, endedAt } = await scene.job(id);
    assert.deepEqual(
      { state, startedAt, endedAt },
      { state: 'completed', startedAt: scene.at(-3_600_000), endedAt: scene.at(-7_200_000) },
    );
  }),

  storeCase('hands out records that no reader can change', async (scene) => {
    const tags = ['mine'];
    const job = scene.newJob({ tags });
    await scene.records.enqueued([job]);
    tags.push('changed by the caller');
    const record = (await scene.job(job.id)) as unknown as { state: string; tags: string[] };
    try {
      record.state = 'completed';
      record.tags.push('changed by the reader');
    } catch {
      // A frozen record refuses; a copy lets itself be changed. Either will do.
    }
    const { state, tags: kept } = await scene.job(job.id);
    assert.deepEqual({ state, kept }, { state: 'queued', kept: ['mine'] });
  }),
];
