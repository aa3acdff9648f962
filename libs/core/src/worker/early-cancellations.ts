import type { Envelope } from '../job/envelope.js';
import type { Clock } from '../kernel/clock.js';

/** That somebody wants a job to end, and who and why if that was said. */
export interface WantedEnd {
  readonly reason: string | undefined;
  readonly by: string | undefined;
}

/** The same of a job whose messages are counted. */
export interface StopWanted extends WantedEnd {
  /** Of the newest message known to whoever asks; undefined: not known. */
  readonly generation: number | undefined;
}

/**
 * Whether it was there when its end was asked for: the message known then, one before it, or the one after it, such as
 * that of a retry, which may have been on its way. A job that was opened anew since is two ahead.
 */
export function isMeant({ generation }: Pick<Envelope, 'generation'>, wanted: StopWanted): boolean {
  return wanted.generation === undefined || generation <= wanted.generation + 1;
}

interface Remembered extends StopWanted {
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

  remember(jobId: string, { reason, by, generation }: StopWanted): void {
    this.byJob.delete(jobId);
    this.byJob.set(jobId, { reason, by, generation, heardAt: this.clock.elapsed() });
    this.forgetOld();
  }

  /** That of a message which is about to begin, if one was heard at `since` (by `Clock.elapsed`) or later. */
  take(message: Pick<Envelope, 'id' | 'generation'>, since: number): WantedEnd | undefined {
    if (this.byJob.size === 0) return undefined;
    this.forgetOld();
    const found = this.byJob.get(message.id);
    if (!found || found.heardAt < since || !isMeant(message, found)) return undefined;
    this.byJob.delete(message.id);
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
