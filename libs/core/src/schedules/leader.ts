import type { Clock } from '../kernel/clock.js';
import type { Leadership, ScheduleStore } from '../ports/store-schedules.js';

/** After the death of a leader another takes over in this time and one `RENEW_MS` more: below 10 s. */
export const LEASE_MS = 6_000;
export const RENEW_MS = 2_000;

/**
 * The part of a process in the election of the one that makes the jobs of schedules: a lease in the job store, and a
 * term, which is the fence of all that the leader writes. follower <-> leader; a leader that was not confirmed for the
 * time of its lease, counted from before it asked, takes itself for none.
 */
export class Leader {
  private heldUntil = -Infinity;
  private asideUntil = -Infinity;
  private mayStepAsideAt = -Infinity;
  private leadsInTerm: number | undefined;
  private leadsSince = 0;

  constructor(
    private readonly store: ScheduleStore,
    private readonly clock: Clock,
    readonly holder: string,
  ) {}

  /** Undefined: this process does not lead. */
  get term(): number | undefined {
    return this.clock.elapsed() < this.heldUntil ? this.leadsInTerm : undefined;
  }

  /** Since when it has led without a gap. */
  get since(): number {
    return this.leadsSince;
  }

  /** Takes or renews the lease. @throws what the store throws. */
  async ask(): Promise<Leadership | undefined> {
    const askedAt = this.clock.elapsed();
    if (askedAt < this.asideUntil) return undefined;
    const before = this.term;
    const answer = await this.store.lead(this.holder, LEASE_MS);
    if (!answer.isLeader) {
      this.heldUntil = -Infinity;
      return answer;
    }
    if (before !== answer.term) this.leadsSince = this.clock.now();
    this.leadsInTerm = answer.term;
    this.heldUntil = askedAt + LEASE_MS;
    return answer;
  }

  /** Lets another lead for a while, who may be able to do what this process is not; once a minute at most. */
  async stepAside(): Promise<void> {
    const now = this.clock.elapsed();
    if (now < this.mayStepAsideAt) return;
    this.mayStepAsideAt = now + 60_000;
    this.asideUntil = now + 2 * LEASE_MS;
    await this.resign();
  }

  async resign(): Promise<void> {
    const wasLeader = this.term !== undefined;
    this.heldUntil = -Infinity;
    if (wasLeader) await this.store.resign(this.holder);
  }
}
