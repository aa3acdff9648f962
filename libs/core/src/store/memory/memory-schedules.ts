import type { Clock } from '../../kernel/clock.js';
import type {
  Leadership,
  NewSchedule,
  ScheduleRecord,
  ScheduleStep,
  ScheduleStore,
} from '../../ports/store-schedules.js';
import type { Answer } from './answer.js';

/** What several stores of one process share. */
export class ScheduleTable {
  readonly schedules = new Map<string, ScheduleRecord>();
  readonly listeners = new Set<() => void>();
  term = 0;
  revision = 0;
  leader: { readonly holder: string; readonly untilMs: number } | undefined;

  changed(): void {
    this.revision += 1;
    for (const listener of [...this.listeners]) listener();
  }
}

export class MemorySchedules implements ScheduleStore {
  constructor(
    private readonly table: ScheduleTable,
    private readonly clock: Clock,
    private readonly answer: Answer,
  ) {}

  lead(holder: string, ttlMs: number): Promise<Leadership> {
    return this.answer(() => {
      const { table } = this;
      const now = this.clock.now();
      const { leader } = table;
      const isHeld = leader !== undefined && leader.untilMs > now;
      const isLeader = table.schedules.size > 0 && (!isHeld || leader.holder === holder);
      if (isLeader) {
        if (!isHeld) table.term += 1;
        table.leader = { holder, untilMs: now + ttlMs };
      }
      return { isLeader, term: table.term, revision: table.revision, count: table.schedules.size };
    });
  }

  resign(holder: string): Promise<void> {
    return this.answer(() => {
      if (this.table.leader?.holder === holder) this.table.leader = undefined;
    });
  }

  put({ name, origin, timing, body, at }: NewSchedule): Promise<ScheduleRecord | undefined> {
    return this.answer(() => {
      const { schedules } = this.table;
      const before = schedules.get(name);
      if (before && before.timing === timing && before.body === body && before.origin === origin) {
        schedules.set(name, { ...before, seenAt: Math.max(before.seenAt, at) });
        return before;
      }
      const isTimedAnew = before?.timing !== timing;
      schedules.set(name, {
        ...(before ?? fresh(name, at)),
        origin,
        timing,
        body,
        version: (before?.version ?? 0) + 1,
        changedAt: at,
        seenAt: at,
        ...(isTimedAnew && { lastAt: Math.max(at, before?.lastAt ?? at), fired: 0, bufferedAt: undefined }),
      });
      this.table.changed();
      return before;
    });
  }

  read(names?: readonly string[]): Promise<ScheduleRecord[]> {
    return this.answer(() => {
      const { schedules } = this.table;
      const wanted = names ? [...new Set(names)] : [...schedules.keys()];
      return wanted.sort().flatMap((name) => schedules.get(name) ?? []);
    });
  }

  touch(names: readonly string[], at: number): Promise<void> {
    return this.answer(() => {
      for (const name of names) {
        const known = this.table.schedules.get(name);
        if (known) this.table.schedules.set(name, { ...known, seenAt: Math.max(known.seenAt, at) });
      }
    });
  }

  change(
    name: string,
    { kind, at }: { readonly kind: 'pause' | 'resume'; readonly at: number },
  ): Promise<ScheduleRecord | undefined> {
    return this.answer(() => {
      const known = this.table.schedules.get(name);
      if (!known || (kind === 'pause') === (known.pausedAt !== undefined)) return known;
      const changed: ScheduleRecord = {
        ...known,
        changedAt: at,
        ...(kind === 'pause'
          ? { pausedAt: at }
          : { pausedAt: undefined, lastAt: Math.max(known.lastAt, at), bufferedAt: undefined }),
      };
      this.table.schedules.set(name, changed);
      this.table.changed();
      return changed;
    });
  }

  remove(name: string, unseenSince?: number): Promise<boolean> {
    return this.answer(() => {
      const known = this.table.schedules.get(name);
      if (!known) return false;
      if (unseenSince !== undefined && (known.origin !== 'code' || known.seenAt > unseenSince)) return false;
      this.table.schedules.delete(name);
      this.table.changed();
      return true;
    });
  }

  advance({
    name,
    version,
    term,
    lastAt,
    job,
    bufferedAt,
    error,
  }: ScheduleStep): Promise<'written' | 'stale'> {
    return this.answer(() => {
      const known = this.table.schedules.get(name);
      if (!known || known.version !== version || this.table.term !== term) return 'stale';
      this.table.schedules.set(name, {
        ...known,
        lastAt: Math.max(known.lastAt, lastAt),
        fired: known.fired + (job ? 1 : 0),
        lastJob: job ?? known.lastJob,
        bufferedAt,
        error,
      });
      return 'written';
    });
  }

  onChange(callback: () => void): () => void {
    const listener = (): void => callback();
    this.table.listeners.add(listener);
    return () => void this.table.listeners.delete(listener);
  }
}

function fresh(name: string, at: number): ScheduleRecord {
  return {
    name,
    origin: 'code',
    timing: '',
    body: '',
    version: 0,
    createdAt: at,
    changedAt: at,
    seenAt: at,
    pausedAt: undefined,
    lastAt: at,
    fired: 0,
    lastJob: undefined,
    bufferedAt: undefined,
    error: undefined,
  };
}
