import assert from 'node:assert/strict';
import type { NewSchedule, ScheduleRecord, ScheduleStep } from '../../../ports/store-schedules.js';
import { storeCase as anyCase, type StoreCase } from './store-case.js';
import type { StoreScene } from './store-scene.js';

/** A lease that outlives the case. */
export const LONG_MS = 60_000;

/** Leadership is one for all cases, and there is none without schedules: each case leaves none of both. */
export class ScheduleScene {
  private readonly names: string[] = [];
  private readonly holders: string[] = [];

  constructor(readonly on: StoreScene) {}

  schedule(overrides: Partial<NewSchedule> = {}): NewSchedule {
    const name = overrides.name ?? `nightly.${this.on.fresh()}`;
    this.names.push(name);
    return {
      origin: 'code',
      timing: '{"cron":"0 2 * * *"}',
      body: '{"job":"é \\" \\u0000"}',
      at: this.on.at(0),
      ...overrides,
      name,
    };
  }

  async put(overrides: Partial<NewSchedule> = {}): Promise<NewSchedule> {
    const schedule = this.schedule(overrides);
    await this.on.schedules.put(schedule);
    return schedule;
  }

  async get(name: string): Promise<ScheduleRecord> {
    const [record] = await this.on.schedules.read([name]);
    assert.ok(record, `schedule ${name} is not known`);
    return record;
  }

  holder(): string {
    const holder = this.on.fresh();
    this.holders.push(holder);
    return holder;
  }

  /** A leader of now, and the term that it writes with. */
  async term(): Promise<number> {
    const { isLeader, term } = await this.on.schedules.lead(this.holder(), LONG_MS);
    assert.ok(isLeader);
    return term;
  }

  step(record: ScheduleRecord, term: number, overrides: Partial<ScheduleStep> = {}): ScheduleStep {
    return {
      name: record.name,
      version: record.version,
      term,
      lastAt: this.on.at(1_000),
      job: { id: 'job-1', at: this.on.at(1_000) },
      bufferedAt: undefined,
      error: undefined,
      ...overrides,
    };
  }

  async end(): Promise<void> {
    for (const holder of this.holders) await this.on.schedules.resign(holder);
    for (const name of this.names) await this.on.schedules.remove(name);
  }
}

export function scheduleCase(name: string, play: (scene: ScheduleScene) => Promise<void>): StoreCase {
  return anyCase(
    name,
    async (on) => {
      const scene = new ScheduleScene(on);
      try {
        await play(scene);
      } finally {
        await scene.end();
      }
    },
    ['schedules'],
  );
}
