import assert from 'node:assert/strict';
import { LONG_MS, scheduleCase as storeCase } from './schedule-scene.js';
import type { StoreCase } from './store-case.js';

/** The one process that makes the jobs of schedules, and the fence of what it writes. */
export const leadingCases: readonly StoreCase[] = [
  storeCase('lets one of many lead, and the same one for as long as it asks', async (scene) => {
    const other = await scene.on.connect();
    await scene.put();
    const holders = Array.from({ length: 20 }, () => scene.holder());
    const answers = await Promise.all(
      holders.map((holder, index) =>
        (index % 2 ? other.schedules! : scene.on.schedules).lead(holder, LONG_MS),
      ),
    );
    assert.equal(answers.filter(({ isLeader }) => isLeader).length, 1);
    const leader = holders[answers.findIndex(({ isLeader }) => isLeader)]!;
    const { isLeader, term } = await scene.on.schedules.lead(leader, LONG_MS);
    assert.deepEqual([isLeader, term], [true, answers.find((answer) => answer.isLeader)!.term]);
  }),

  storeCase('gives the lead to another after its time, with a higher term', async (scene) => {
    await scene.put();
    const [first, second] = [scene.holder(), scene.holder()];
    const before = await scene.on.schedules.lead(first, 300);
    assert.equal((await scene.on.schedules.lead(second, LONG_MS)).isLeader, false);
    await scene.on.passTime(400);
    const after = await scene.on.schedules.lead(second, LONG_MS);
    assert.ok(after.isLeader && after.term > before.term);
    assert.equal((await scene.on.schedules.lead(first, LONG_MS)).isLeader, false);
  }),

  storeCase(
    'gives the lead to another as soon as its holder resigns, whom nobody else can make resign',
    async (scene) => {
      await scene.put();
      const [first, second] = [scene.holder(), scene.holder()];
      const { term } = await scene.on.schedules.lead(first, LONG_MS);
      await scene.on.schedules.resign(second);
      assert.equal((await scene.on.schedules.lead(second, LONG_MS)).isLeader, false);
      await scene.on.schedules.resign(first);
      const after = await scene.on.schedules.lead(second, LONG_MS);
      assert.ok(after.isLeader && after.term > term);
    },
  ),

  storeCase('lets nobody lead where there are no schedules', async (scene) => {
    const { isLeader, count } = await scene.on.schedules.lead(scene.holder(), LONG_MS);
    assert.deepEqual({ isLeader, count }, { isLeader: false, count: 0 });
  }),

  storeCase(
    'refuses what a leader of before writes, and what is written of another version',
    async (scene) => {
      const { schedules } = scene.on;
      const schedule = await scene.put();
      const record = await scene.get(schedule.name);
      const [first, second] = [scene.holder(), scene.holder()];
      const { term: old } = await schedules.lead(first, LONG_MS);
      await schedules.resign(first);
      const { term } = await schedules.lead(second, LONG_MS);
      assert.equal(await schedules.advance(scene.step(record, old)), 'stale');
      assert.equal(await schedules.advance(scene.step({ ...record, version: 7 }, term)), 'stale');
      assert.equal(await schedules.advance(scene.step({ ...record, name: scene.on.fresh() }, term)), 'stale');
      assert.deepEqual(await scene.get(schedule.name), record);
      const error = 'the payload function threw';
      assert.equal(await schedules.advance(scene.step(record, term, { error })), 'written');
      assert.deepEqual(await scene.get(schedule.name), {
        ...record,
        lastAt: scene.on.at(1_000),
        fired: 1,
        lastJob: { id: 'job-1', at: scene.on.at(1_000) },
        error,
      });
      const skipped = { lastAt: scene.on.at(2_000), job: undefined, bufferedAt: scene.on.at(2_000) };
      assert.equal(await schedules.advance(scene.step(record, term, skipped)), 'written');
      const { fired, lastJob, bufferedAt, error: said } = await scene.get(schedule.name);
      assert.deepEqual([fired, lastJob?.id, bufferedAt, said], [1, 'job-1', scene.on.at(2_000), undefined]);
    },
  ),
];
