import { systemClock, type Clock } from '../../kernel/clock.js';
import type { Detached } from '../../kernel/detached.js';
import { WarrenError } from '../../kernel/errors/index.js';
import type { JobStore, StoreStatus } from '../../ports/job-store.js';
import type { LimitStore } from '../../ports/store-limits.js';
import type { ScheduleStore } from '../../ports/store-schedules.js';
import type { ReadStore, UniqueStore } from '../../ports/store-reads.js';
import type { RecordStore } from '../../ports/store-records.js';
import type { RegistryStore } from '../../ports/store-registry.js';
import type { Answer } from './answer.js';
import { Entries } from './entries.js';
import { MemoryLimits, newLimitGround, type LimitGround } from './memory-limits.js';
import { MemoryReads } from './memory-reads.js';
import { MemoryRecords } from './memory-records.js';
import { MemorySchedules, ScheduleTable } from './memory-schedules.js';
import { MemoryRegistry, RegistryGround } from './memory-registry.js';
import { MemoryUnique, type Hold } from './memory-unique.js';
import { Watchers } from './watchers.js';

export interface MemoryJobStoreParts {
  /** For expiry. Default: the system's. */
  readonly clock?: Clock;
  /** Those who watch a job are called in this context. Default: the one in which the store is made. */
  readonly detached?: Detached;
}

/** What several stores of one process share. */
interface Ground {
  readonly clock: Clock;
  readonly watchers: Watchers;
  readonly entries: Entries;
  readonly holds: Map<string, Hold>;
  readonly limits: LimitGround;
  readonly schedules: ScheduleTable;
  readonly registry: RegistryGround;
}

/** A job store in this process, with every facet. What it knows ends with the process. */
export class MemoryJobStore implements JobStore {
  readonly kind = 'memory';
  readonly records: RecordStore;
  readonly reads: ReadStore;
  readonly unique: UniqueStore;
  readonly limits: LimitStore;
  readonly schedules: ScheduleStore;
  readonly registry: RegistryStore;
  private readonly ground: Ground;
  private isClosed = false;

  constructor(parts: MemoryJobStoreParts | MemoryJobStore = {}) {
    const ground = parts instanceof MemoryJobStore ? parts.ground : newGround(parts);
    const answer: Answer = async (call) => {
      if (this.isClosed) throw closedError();
      return call();
    };
    this.ground = ground;
    this.records = new MemoryRecords(ground.entries, ground.watchers, answer);
    this.reads = new MemoryReads(ground.entries, ground.watchers, answer);
    this.unique = new MemoryUnique(ground.holds, ground.clock, answer);
    this.limits = new MemoryLimits(ground.limits, ground.clock, answer);
    this.schedules = new MemorySchedules(ground.schedules, ground.clock, answer);
    this.registry = new MemoryRegistry(ground.registry, ground.clock, answer);
  }

  /** Another store that knows the same, for a second application of this process or of a test; closed on its own. */
  connect(): MemoryJobStore {
    return new MemoryJobStore(this);
  }

  async start(): Promise<void> {
    if (this.isClosed) throw closedError();
  }

  status(): StoreStatus {
    return this.isClosed
      ? { state: 'closed', text: 'job store in the memory of this process, closed' }
      : { state: 'up', text: 'job store in the memory of this process' };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

function newGround({ clock = systemClock, detached }: MemoryJobStoreParts): Ground {
  const watchers = new Watchers(detached);
  return {
    clock,
    watchers,
    entries: new Entries(clock, watchers),
    holds: new Map(),
    limits: newLimitGround(),
    schedules: new ScheduleTable(),
    registry: new RegistryGround(),
  };
}

function closedError(): WarrenError {
  return new WarrenError(
    'WARREN_CLOSED',
    'The job store is closed: the application is shutting down. Ask before its shutdown ends.',
  );
}
