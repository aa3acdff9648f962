import type { JobMoment } from '../observe/moments.js';

/** Messages remembered at most, of each kind; the oldest are forgotten and would run again. */
const CAPACITY = 10_000;

/**
 * What this process knows of messages whose outcome is safe but for the ack: it was lost with its channel, or it went
 * out and may not have arrived. The broker hands such a message out again: if it comes back here, it is settled
 * without running a second time.
 *
 * A message is known by its token and its id. One of another program has no token: its id may be that of others too.
 */
export class SettledMemory {
  /** Acks that were lost, with the moment to tell once another arrives. */
  private readonly lost = new Map<string, JobMoment>();
  /** Acks that went out, token -> id, in two halves: the older is forgotten as a whole, which costs a job nothing but an entry. */
  private sent = new Map<string, string>();
  private sentBefore = new Map<string, string>();

  /** Messages that are known to come again. */
  get awaited(): number {
    return this.lost.size;
  }

  get size(): number {
    return this.lost.size + this.sent.size + this.sentBefore.size;
  }

  /** If the message ended here before: the moment to tell once it is acked, `told` when there is none. */
  take(token: string | undefined, id: string): JobMoment | 'told' | undefined {
    if (token === undefined) return undefined;
    if ((this.sent.get(token) ?? this.sentBefore.get(token)) === id) return 'told';
    const moment = this.lost.get(token);
    if (moment?.jobId !== id) return undefined;
    this.lost.delete(token);
    return moment;
  }

  /** Its ack could not be sent. */
  ackLost(token: string | undefined, moment: JobMoment): void {
    if (token === undefined) return;
    this.lost.set(token, moment);
    if (this.lost.size > CAPACITY) this.lost.delete(this.lost.keys().next().value!);
  }

  /** Its ack went out, which does not say that it arrived. */
  ackSent(token: string | undefined, id: string): void {
    if (token === undefined) return;
    this.sent.set(token, id);
    if (this.sent.size < CAPACITY / 2) return;
    this.sentBefore = this.sent;
    this.sent = new Map();
  }
}
