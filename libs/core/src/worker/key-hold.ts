import type { Envelope } from '../job/envelope.js';
import type { JobOutcome } from '../job/outcome.js';
import type { Policy } from '../job/policy.js';
import { isShortText } from '../kernel/short-text.js';
import { KEY_SAFETY_MS, type JobUnique } from '../ports/job-unique.js';
import type { SettleReport } from './settle.js';

/**
 * The unique key of a job while a message of it is here. Its producer took it; here it is held on to, taken again where
 * it was lost, and freed. Nothing fails by it: with the store away, the key ends by its time.
 */
export class HeldKey {
  /** What is freed later must not be taken by a call that is slower. */
  private holding: Promise<void> = Promise.resolve();

  constructor(
    private readonly key: string,
    private readonly jobId: string,
    private readonly untilStarted: boolean,
    private readonly unique: JobUnique,
  ) {}

  /** Its handler runs now. */
  begin({ timeoutMs = 0 }: Policy): void {
    if (this.untilStarted) void this.unique.release(this.key, this.jobId);
    else this.holding = this.hold(timeoutMs);
  }

  /** Before the outcome is settled: another worker may have the next message, and free the key, at once after it. */
  async keep(outcome: JobOutcome, hasBegun: boolean): Promise<void> {
    await this.holding;
    const goesOnLater = outcome.kind === 'retry' || outcome.kind === 'snoozed';
    if (goesOnLater && !(this.untilStarted && hasBegun)) await this.hold(outcome.delayMs);
  }

  /** The job has ended, for good. */
  free(): void {
    void this.holding.then(() => this.unique.release(this.key, this.jobId));
  }

  private async hold(forMs: number): Promise<void> {
    try {
      await this.unique.reserve({ key: this.key, holder: this.jobId, ttlMs: forMs + KEY_SAFETY_MS });
    } catch {
      // Told by the moment storeDown.
    }
  }
}

/** Undefined: the job has none, or nothing keeps it. */
export function heldKeyOf(
  envelope: Envelope | undefined,
  unique: JobUnique | undefined,
): HeldKey | undefined {
  if (!unique || !envelope) return undefined;
  const { id, uniqueKey, uniqueUntil } = envelope;
  if (!isShortText(uniqueKey)) return undefined;
  return new HeldKey(uniqueKey, id, uniqueUntil === 'started', unique);
}

/** Whether the job has come to its end: its outcome is at the broker, or will be as soon as that takes the ack. */
export function isOver({ kind }: JobOutcome, report: SettleReport): boolean {
  if (report.kind !== 'settled' && report.kind !== 'ackLost') return false;
  return kind === 'completed' || kind === 'failed' || kind === 'cancelled';
}
