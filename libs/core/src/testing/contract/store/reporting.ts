import assert from 'node:assert/strict';
import type { LogLine } from '../../../ports/job-record.js';
import { storeCase, type StoreCase } from './store-case.js';
import { ERROR } from './store-scene.js';

function lines(count: number, from = 0): LogLine[] {
  return Array.from({ length: count }, (_, index) => ({
    at: from + index,
    level: 'info',
    text: `line ${from + index}`,
  }));
}

/** Progress and log lines. */
export const reportingCases: readonly StoreCase[] = [
  storeCase('shows the last progress and all lines of a run, in their order', async (scene) => {
    const id = await scene.enqueue();
    const { fence } = await scene.begin(id);
    await scene.records.reported([{ fence, at: scene.at(11), progress: '{"percent":10}', lines: lines(2) }]);
    await scene.records.reported([
      { fence, at: scene.at(12), lines: lines(1, 2) },
      { fence, at: scene.at(13), progress: '{"percent":40}' },
    ]);
    const { progress, lines: kept, state } = await scene.job(id);
    assert.deepEqual(
      { progress, kept, state },
      { progress: '{"percent":40}', kept: lines(3), state: 'active' },
    );
  }),

  storeCase('keeps the newest 100 lines', async (scene) => {
    const id = await scene.enqueue();
    const { fence } = await scene.begin(id);
    await scene.records.reported([{ fence, at: scene.at(11), lines: lines(70) }]);
    await scene.records.reported([{ fence, at: scene.at(12), lines: lines(70, 70) }]);
    assert.deepEqual((await scene.job(id)).lines, lines(100, 40));
    await scene.records.reported([{ fence, at: scene.at(12), lines: lines(250, 1_000) }]);
    assert.deepEqual((await scene.job(id)).lines, lines(100, 1_150));
  }),

  storeCase('takes lines of the newest run after its end, and ignores those of older runs', async (scene) => {
    const id = await scene.enqueue();
    const first = await scene.begin(id);
    await scene.finish(first, { kind: 'retry', delayMs: 1, error: ERROR });
    await scene.records.reported([{ fence: first.fence, at: scene.at(21), lines: lines(1) }]);
    assert.deepEqual((await scene.job(id)).lines, lines(1));
    const second = await scene.begin(id, { generation: 2, attempt: 2, at: scene.at(30) });
    const before = await scene.job(id);
    await scene.records.reported([
      { fence: first.fence, at: scene.at(31), progress: '"late"', lines: lines(1, 5) },
      { fence: { ...second.fence, run: second.fence.run + 1 }, at: scene.at(31), progress: '"of nobody"' },
      { fence: { ...second.fence, token: 'not mine' }, at: scene.at(31), progress: '"of another"' },
    ]);
    assert.deepEqual(await scene.job(id), before);
  }),

  storeCase('ignores reports of a run whose worker was replaced', async (scene) => {
    const id = await scene.enqueue();
    const dead = await scene.begin(id);
    const alive = await scene.begin(id, { token: dead.claim.token });
    await scene.records.reported([
      { fence: alive.fence, at: scene.at(30), progress: '"alive"' },
      { fence: dead.fence, at: scene.at(31), progress: '"dead"' },
    ]);
    assert.equal((await scene.job(id)).progress, '"alive"');
  }),

  storeCase('makes no job of a report about an unknown one', async (scene) => {
    const id = scene.fresh();
    const fence = { id, generation: 1, token: 't', run: 1 };
    await scene.records.reported([{ fence, at: scene.at(1), progress: '1', lines: lines(3) }]);
    assert.equal(await scene.get(id), undefined);
    await scene.records.reported([]);
  }),

  storeCase('forgets a finished job in its time, although lines came after its end', async (scene) => {
    const id = await scene.enqueue();
    const run = await scene.begin(id);
    await scene.finish(run, { kind: 'completed', result: '1' }, { keep: { ms: 300, count: undefined } });
    await scene.records.reported([{ fence: run.fence, at: scene.at(21), progress: '1', lines: lines(1) }]);
    await scene.passTime(400);
    await scene.untilForgotten(id);
  }),
];
