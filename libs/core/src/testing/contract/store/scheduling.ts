import assert from 'node:assert/strict';
import type { ScheduleRecord } from '../../../ports/store-schedules.js';
import { LONG_MS, scheduleCase as storeCase } from './schedule-scene.js';
import type { StoreCase } from './store-case.js';

/** Schedules as they are remembered. */
export const schedulingCases: readonly StoreCase[] = [
  storeCase('remembers a new schedule as it was given, counting from then', async (scene) => {
    const schedule = scene.schedule();
    assert.equal(await scene.on.schedules.put(schedule), undefined);
    const at = scene.on.at(0);
    const { name, timing, body } = schedule;
    assert.deepEqual(await scene.get(name), {
      name,
      origin: 'code',
      timing,
      body,
      version: 1,
      createdAt: at,
      changedAt: at,
      seenAt: at,
      pausedAt: undefined,
      lastAt: at,
      fired: 0,
      lastJob: undefined,
      bufferedAt: undefined,
      error: undefined,
    });
  }),

  storeCase('gives all schedules by name, or those that are asked for and known', async (scene) => {
    const other = await scene.on.connect();
    const second = await scene.put({ name: `b.${scene.on.fresh()}` });
    const first = await scene.put({ name: `a.${scene.on.fresh()}`, origin: 'runtime' });
    const names = (records: readonly ScheduleRecord[]) => records.map(({ name }) => name);
    const ours = [first.name, second.name];
    const all = names(await other.schedules!.read());
    assert.deepEqual(
      all.filter((name) => ours.includes(name)),
      ours,
    );
    assert.deepEqual(names(await other.schedules!.read([second.name, 'nobody', first.name])), ours);
    assert.deepEqual(await other.schedules!.read([]), []);
  }),

  storeCase('writes the same schedule again without a change, and says that it was seen', async (scene) => {
    const schedule = await scene.put();
    const { revision } = await scene.on.schedules.lead(scene.holder(), LONG_MS);
    const before = await scene.get(schedule.name);
    assert.deepEqual(await scene.on.schedules.put({ ...schedule, at: scene.on.at(500) }), before);
    assert.deepEqual(await scene.get(schedule.name), { ...before, seenAt: scene.on.at(500) });
    assert.equal((await scene.on.schedules.lead(scene.holder(), LONG_MS)).revision, revision);
  }),

  storeCase('keeps what was dealt with when only the body of a schedule changes', async (scene) => {
    const schedule = await scene.put();
    const record = await scene.get(schedule.name);
    const term = await scene.term();
    const step = scene.step(record, term, { bufferedAt: scene.on.at(1_500) });
    assert.equal(await scene.on.schedules.advance(step), 'written');
    await scene.on.schedules.put({ ...schedule, body: '{}', at: scene.on.at(9_000) });
    const { version, lastAt, fired, lastJob, bufferedAt, changedAt } = await scene.get(schedule.name);
    assert.deepEqual(
      { version, lastAt, fired, lastJob, bufferedAt, changedAt },
      {
        version: 2,
        lastAt: scene.on.at(1_000),
        fired: 1,
        lastJob: { id: 'job-1', at: scene.on.at(1_000) },
        bufferedAt: scene.on.at(1_500),
        changedAt: scene.on.at(9_000),
      },
    );
  }),

  storeCase('begins a schedule anew whose timing changes', async (scene) => {
    const schedule = await scene.put();
    const term = await scene.term();
    const record = await scene.get(schedule.name);
    await scene.on.schedules.advance(scene.step(record, term, { bufferedAt: scene.on.at(1_000) }));
    await scene.on.schedules.put({ ...schedule, timing: '{"everyMs":1000}', at: scene.on.at(9_000) });
    const { version, lastAt, fired, bufferedAt, createdAt } = await scene.get(schedule.name);
    assert.deepEqual(
      { version, lastAt, fired, bufferedAt, createdAt },
      { version: 2, lastAt: scene.on.at(9_000), fired: 0, bufferedAt: undefined, createdAt: scene.on.at(0) },
    );
    await scene.on.schedules.put({ ...schedule, at: scene.on.at(5_000) });
    assert.equal((await scene.get(schedule.name)).lastAt, scene.on.at(9_000));
  }),

  storeCase('pauses a schedule, and deals with what fell due meanwhile when it goes on', async (scene) => {
    const { name } = await scene.put();
    const { schedules } = scene.on;
    assert.equal(
      (await schedules.change(name, { kind: 'pause', at: scene.on.at(10) }))?.pausedAt,
      scene.on.at(10),
    );
    await schedules.change(name, { kind: 'pause', at: scene.on.at(20) });
    assert.equal((await scene.get(name)).pausedAt, scene.on.at(10));
    const resumed = await schedules.change(name, { kind: 'resume', at: scene.on.at(5_000) });
    assert.deepEqual(resumed, await scene.get(name));
    const { pausedAt, lastAt, changedAt } = resumed;
    const at = scene.on.at(5_000);
    assert.deepEqual({ pausedAt, lastAt, changedAt }, { pausedAt: undefined, lastAt: at, changedAt: at });
    await schedules.change(name, { kind: 'resume', at: scene.on.at(6_000) });
    assert.equal((await scene.get(name)).lastAt, at);
    assert.equal(await schedules.change(scene.on.fresh(), { kind: 'pause', at }), undefined);
  }),

  storeCase('moves the revision with each change, and leaves it when a leader writes', async (scene) => {
    const { schedules } = scene.on;
    const holder = scene.holder();
    const revisions: number[] = [];
    const look = async (): Promise<void> =>
      void revisions.push((await schedules.lead(holder, LONG_MS)).revision);
    const schedule = await scene.put();
    await look();
    await schedules.put({ ...schedule, body: '{}' });
    await look();
    await schedules.change(schedule.name, { kind: 'pause', at: scene.on.at(1) });
    await look();
    const { term } = await schedules.lead(holder, LONG_MS);
    await schedules.advance(scene.step(await scene.get(schedule.name), term));
    await schedules.touch([schedule.name], scene.on.at(2));
    assert.equal((await schedules.lead(holder, LONG_MS)).revision, revisions.at(-1));
    await scene.put();
    await look();
    await schedules.remove(schedule.name);
    await look();
    assert.equal(new Set(revisions).size, 5, `revisions: ${revisions.join()}`);
  }),

  storeCase('removes a schedule once, and forgets what it did', async (scene) => {
    const { name } = await scene.put();
    assert.equal(await scene.on.schedules.remove(name), true);
    assert.equal(await scene.on.schedules.remove(name), false);
    assert.deepEqual(await scene.on.schedules.read([name]), []);
    await scene.put({ name, at: scene.on.at(100) });
    assert.deepEqual(
      [(await scene.get(name)).version, (await scene.get(name)).lastAt],
      [1, scene.on.at(100)],
    );
  }),

  storeCase(
    'removes what is gone from code, but nothing that was seen since or put at run time',
    async (scene) => {
      const { schedules } = scene.on;
      const seen = await scene.put();
      const gone = await scene.put();
      const runtime = await scene.put({ origin: 'runtime' });
      await schedules.touch([seen.name, runtime.name, scene.on.fresh()], scene.on.at(1_000));
      assert.equal((await scene.get(seen.name)).seenAt, scene.on.at(1_000));
      assert.equal(await schedules.remove(seen.name, scene.on.at(999)), false);
      assert.equal(await schedules.remove(gone.name, scene.on.at(999)), true);
      assert.equal(await schedules.remove(runtime.name, scene.on.at(9_999)), false);
    },
  ),

  storeCase('keeps schedules for as long as nobody removes them', async (scene) => {
    const { name } = await scene.put();
    await scene.on.passDays(400);
    assert.equal((await scene.get(name)).version, 1);
  }),
];
