import { isFinal, type JobState } from '../../job/states.js';
import type { Clock } from '../../kernel/clock.js';
import type { JobRecord } from '../../ports/job-record.js';
import type { PagePosition } from '../../ports/page-cursor.js';
import { UNFINISHED_KEPT_MS, type Keep } from '../../ports/store-records.js';
import { CreationOrder } from './creation-order.js';
import type { Entry } from './entry.js';
import { Retention } from './retention.js';
import { StateCounts } from './state-counts.js';
import { Tombstones } from './tombstones.js';
import type { Watchers } from './watchers.js';

const DAY_MS = 86_400_000;

/** All that is remembered, and every index over it: whoever writes an entry writes it here. */
export class Entries {
  private readonly order = new CreationOrder();
  readonly tombstones: Tombstones;
  private readonly entries = new Map<string, Entry>();
  private readonly counted = new StateCounts();
  private readonly retention: Retention;

  constructor(
    clock: Clock,
    private readonly watchers: Watchers,
  ) {
    this.tombstones = new Tombstones(clock);
    this.retention = new Retention(clock, (id) => this.remove(id));
  }

  get(id: string): Entry | undefined {
    this.retention.sweep();
    if (this.retention.isOver(id)) this.remove(id);
    return this.entries.get(id);
  }

  /** As `get`, but changes nothing, for use while the order is walked through. */
  peek(id: string): JobRecord | undefined {
    return this.retention.isOver(id) ? undefined : this.entries.get(id)?.record;
  }

  /** The newest first, from the one after `position` on, and created before that instant. */
  newestBefore(
    position: PagePosition | undefined,
    createdBefore: number | undefined,
  ): Iterable<PagePosition> {
    // No id is empty, so this stands before all that were created at the instant.
    const limit = createdBefore === undefined ? undefined : { createdAt: createdBefore, id: '' };
    const isLimited = limit && (!position || position.createdAt >= limit.createdAt);
    return this.order.newestBefore(isLimited ? limit : position);
  }

  /** A change after which the job is not at its end: it is remembered for as long as its message may come. */
  put(entry: Entry): void {
    const { record } = entry;
    this.write(entry);
    this.retention.limit(record.id, 'unfinished', { ms: unfinishedMs(record), count: undefined });
  }

  /** A change that leaves the state as it is. */
  amend(entry: Entry): void {
    if (isFinal(entry.record.state)) this.write(entry);
    else this.put(entry);
  }

  /** A change that ends the job: it is remembered for as long as `keep` says, and those who watch are told. */
  end(entry: Entry, keep: Keep): void {
    const { id, type, state } = entry.record;
    this.write(entry);
    this.retention.limit(id, `${state} ${type}`, keep);
    this.watchers.tell(id);
  }

  /** Before a job begins anew, and when it is discarded. */
  remove(id: string): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.entries.delete(id);
    this.retention.lift(id);
    this.order.remove(entry.record);
    this.counted.leave(entry.record);
  }

  counts(): Array<{ readonly queue: string; readonly state: JobState; readonly count: number }> {
    this.retention.sweepAll();
    return this.counted.list();
  }

  private write(entry: Entry): void {
    const { record } = entry;
    const before = this.entries.get(record.id);
    this.entries.set(record.id, entry);
    if (before) this.counted.leave(before.record);
    else this.order.add(record);
    this.counted.enter(record);
  }
}

/** In whole days, up: jobs of one term share a lane of `Retention`. */
function unfinishedMs({ dueAt = 0, changedAt }: JobRecord): number {
  return UNFINISHED_KEPT_MS + Math.ceil(Math.max(0, dueAt - changedAt) / DAY_MS) * DAY_MS;
}
