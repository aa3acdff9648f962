import type { Clock } from '../kernel/clock.js';

/** That somebody wants a job to end, and who and why if that was said. */
export interface WantedEnd {
  readonly reason: string | undefined;
  readonly by: string | undefined;
}

interface Remembered extends WantedEnd {
  /** By `Clock.elapsed`. */
  readonly heardAt: number;
}

const REMEMBERED_MS = 60_000;
const REMEMBERED_MOST = 1_000;

/**
 * Cancellations of jobs that do not run here, for a while: one of them may be about to begin. Bounded; the oldest are
 * forgotten first.
 */
export class EarlyCancellations {
  /** In the order in which they were heard. */
  private readonly byJob = new Map<string, Remembered>();

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.byJob.size;
  }

  remember(jobId: string, { reason, by }: WantedEnd): void {
    this.byJob.delete(jobId);
    this.byJob.set(jobId, { reason, by, heardAt: this.clock.elapsed() });
    this.forgetOld();
  }

  /** That of a job which is about to begin, if one was heard at `since` (by `Clock.elapsed`) or later. */
  take(jobId: string, since: number): WantedEnd | undefined {
    if (this.byJob.size === 0) return undefined;
    this.forgetOld();
    const found = this.byJob.get(jobId);
    if (!found || found.heardAt < since) return undefined;
    this.byJob.delete(jobId);
    const { reason, by } = found;
    return { reason, by };
  }

  private forgetOld(): void {
    const oldest = this.clock.elapsed() - REMEMBERED_MS;
    for (const [jobId, { heardAt }] of this.byJob) {
      if (heardAt >= oldest && this.byJob.size <= REMEMBERED_MOST) return;
      this.byJob.delete(jobId);
    }
  }
}
