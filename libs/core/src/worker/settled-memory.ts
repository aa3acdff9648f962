import type { JobMoment } from '../observe/moments.js';

/** Messages remembered at most; the oldest are forgotten and would run again. */
const CAPACITY = 10_000;

/**
 * What this process knows of messages whose outcome is safe but for the ack, which was lost with its channel. The
 * broker hands such a message out again: if it comes back here, it is settled without running a second time.
 *
 * A message is known by its token. One of another program has none: its id may be that of others too.
 */
export class SettledMemory {
  private readonly known = new Map<string, JobMoment>();

  get size(): number {
    return this.known.size;
  }

  /** The moment to tell once the redelivery is acked, if the job ended here before. */
  take(token: string | undefined): JobMoment | undefined {
    if (token === undefined || this.known.size === 0) return undefined;
    const moment = this.known.get(token);
    this.known.delete(token);
    return moment;
  }

  remember(token: string | undefined, moment: JobMoment): void {
    if (token === undefined) return;
    this.known.set(token, moment);
    if (this.known.size > CAPACITY) this.known.delete(this.known.keys().next().value!);
  }
}
