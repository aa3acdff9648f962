import { systemClock } from 'nestjs-warren/ports';
import type { Settled } from './settled.js';

/** How long what became of a lease is remembered, for those who ask again as they had no answer. */
const KEPT_MS = 10 * 60_000;
const MOST = 10_000;

export interface EndedLease {
  readonly jobId: string;
  /** How it ended: `ack`, `fail` and `release` are the remote worker's own words. */
  readonly how: 'ack' | 'fail' | 'release' | 'expired' | 'stopped';
  /** Completes "the lease is over: ". */
  readonly why: string;
  /** What became of the job; of those that the remote worker has ended. */
  readonly settled: Promise<Settled> | undefined;
}

/** Leases that are over, for a while. */
export class EndedLeases {
  private readonly leases = new Map<string, { readonly ended: EndedLease; readonly at: number }>();

  remember(name: string, ended: EndedLease): void {
    const now = systemClock.elapsed();
    this.leases.set(name, { ended, at: now });
    // The oldest are first.
    for (const [other, { at }] of this.leases) {
      if (this.leases.size <= MOST && at > now - KEPT_MS) break;
      this.leases.delete(other);
    }
  }

  get(name: string): EndedLease | undefined {
    return this.leases.get(name)?.ended;
  }
}
