import type {
  Leadership,
  NewSchedule,
  ScheduleOrigin,
  ScheduleRecord,
  ScheduleStep,
  ScheduleStore,
} from 'nestjs-warren/ports';
import type { Keys } from '../keys.js';
import type { ScriptRunner } from '../script-runner.js';
import * as scripts from '../scripts/schedules.js';

/** In the order of the scripts. */
type Fields = ReadonlyArray<string | null>;

export class RedisSchedules implements ScheduleStore {
  constructor(
    private readonly runner: ScriptRunner,
    private readonly keys: Keys,
  ) {}

  async lead(holder: string, ttlMs: number): Promise<Leadership> {
    const [isLeader, term, revision, count] = (await this.runner.runOne(scripts.lead, {
      key: this.keys.leader,
      args: [holder, Math.max(1, Math.ceil(ttlMs))],
    })) as Array<string | number>;
    return {
      isLeader: Number(isLeader) === 1,
      term: Number(term),
      revision: Number(revision),
      count: Number(count),
    };
  }

  async resign(holder: string): Promise<void> {
    await this.runner.runOne(scripts.resign, { key: this.keys.leader, args: [holder] });
  }

  async put({ name, origin, timing, body, at }: NewSchedule): Promise<ScheduleRecord | undefined> {
    const fields = await this.runner.runOne(scripts.put, {
      key: this.keys.schedule(name),
      args: [name, origin, timing, body, at],
    });
    return recordOf(name, fields as Fields);
  }

  async read(names?: readonly string[]): Promise<ScheduleRecord[]> {
    const wanted = names && [...new Set(names)];
    if (wanted?.length === 0) return [];
    const found = (await this.runner.runOne(scripts.read, {
      key: this.keys.schedules,
      args: ['', wanted ? 1 : 0, ...(wanted ?? [])],
    })) as ReadonlyArray<readonly [string, Fields]>;
    return found
      .flatMap(([name, fields]) => recordOf(name, fields) ?? [])
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  async touch(names: readonly string[], at: number): Promise<void> {
    if (names.length === 0) return;
    await this.runner.runOne(scripts.touch, { key: this.keys.schedules, args: ['', at, ...names] });
  }

  async change(
    name: string,
    { kind, at }: { readonly kind: 'pause' | 'resume'; readonly at: number },
  ): Promise<ScheduleRecord | undefined> {
    const fields = await this.runner.runOne(scripts.change, {
      key: this.keys.schedule(name),
      args: [name, kind, at],
    });
    return recordOf(name, fields as Fields);
  }

  async remove(name: string, unseenSince?: number): Promise<boolean> {
    const removed = await this.runner.runOne(scripts.remove, {
      key: this.keys.schedule(name),
      args: [name, unseenSince],
    });
    return Number(removed) === 1;
  }

  async advance(step: ScheduleStep): Promise<'written' | 'stale'> {
    const { name, version, term, lastAt, job, bufferedAt, error } = step;
    const written = await this.runner.runOne(scripts.advance, {
      key: this.keys.schedule(name),
      args: [name, version, term, lastAt, job?.id, job?.at, bufferedAt, error],
    });
    return Number(written) === 1 ? 'written' : 'stale';
  }
}

function recordOf(name: string, fields: Fields): ScheduleRecord | undefined {
  const [origin, timing, body, version, created, changed, seen, paused, last, fired, id, at, waits, error] =
    fields;
  if (!version) return undefined;
  return {
    name,
    origin: origin as ScheduleOrigin,
    timing: timing ?? '',
    body: body ?? '',
    version: Number(version),
    createdAt: Number(created),
    changedAt: Number(changed),
    seenAt: Number(seen),
    pausedAt: numberOf(paused),
    lastAt: Number(last),
    fired: Number(fired),
    lastJob: typeof id === 'string' ? { id, at: Number(at) } : undefined,
    bufferedAt: numberOf(waits),
    error: error ?? undefined,
  };
}

function numberOf(text: string | null | undefined): number | undefined {
  return text === null || text === undefined ? undefined : Number(text);
}
