import type { Clock } from '../../kernel/clock.js';
import type { Keep } from '../../ports/store-records.js';

interface Term {
  readonly expiresAt: number;
  /** Those of one length, which end in the order of their making. */
  readonly lane: Set<string>;
  /** Those of one type and end, the oldest end first. */
  readonly group: Set<string>;
}

/** Jobs that a sweep forgets at most, so that no single call pays for many. */
const SWEPT_AT_ONCE = 100;

/**
 * How long jobs are remembered, finished ones and those that never end. It has no timer: what is over counts as
 * forgotten at once, and its memory is freed by the calls that come later, a bounded number each.
 */
export class Retention {
  private readonly terms = new Map<string, Term>();
  private readonly lanes = new Map<number, Set<string>>();
  private readonly groups = new Map<string, Set<string>>();

  constructor(
    private readonly clock: Clock,
    private readonly forget: (id: string) => void,
  ) {}

  isOver(id: string): boolean {
    const term = this.terms.get(id);
    return term !== undefined && term.expiresAt <= this.clock.now();
  }

  /** From now on; forgets it at once when nothing is to be kept, and the oldest of its group that are too many. */
  limit(id: string, groupName: string, { ms, count = Infinity }: Keep): void {
    this.lift(id);
    if (ms <= 0 || count <= 0) {
      this.forget(id);
      return;
    }
    const lane = ofKey(this.lanes, ms);
    const group = ofKey(this.groups, groupName);
    this.terms.set(id, { expiresAt: this.clock.now() + ms, lane, group });
    lane.add(id);
    group.add(id);
    let surplus = group.size - count;
    for (const oldest of group) {
      if (surplus <= 0) return;
      surplus -= 1;
      this.forget(oldest);
    }
  }

  /** The job goes on, or is gone. */
  lift(id: string): void {
    const term = this.terms.get(id);
    if (!term) return;
    this.terms.delete(id);
    term.lane.delete(id);
    term.group.delete(id);
  }

  sweep(atMost: number = SWEPT_AT_ONCE): void {
    const now = this.clock.now();
    let left = atMost;
    for (const lane of this.lanes.values()) {
      for (const id of lane) {
        if (left <= 0 || this.terms.get(id)!.expiresAt > now) break;
        left -= 1;
        this.forget(id);
      }
    }
    if (this.terms.size === 0) this.dropEmpty();
  }

  sweepAll(): void {
    this.sweep(Infinity);
  }

  /** Lanes and groups are as many as the settings and types of the application, so they may stand empty meanwhile. */
  private dropEmpty(): void {
    this.lanes.clear();
    this.groups.clear();
  }
}

function ofKey<Key>(sets: Map<Key, Set<string>>, key: Key): Set<string> {
  let set = sets.get(key);
  if (!set) {
    set = new Set();
    sets.set(key, set);
  }
  return set;
}
