import type { Envelope } from '../job/envelope.js';
import type { JobMoment } from '../observe/moments.js';

/**
 * What this process knows of deliveries that it could not settle because their channel was gone. The broker hands
 * such a message out again: if it comes back here, it is settled without running a second time.
 */
export class SettledMemory {
  private readonly known = new Map<string, JobMoment>();
  private readonly running = new Map<string, Promise<void>>();

  /** The moment to tell once the redelivery is acked, if the job ended here before. */
  take(envelope: Envelope): JobMoment | undefined {
    const key = keyOf(envelope);
    if (key === undefined) return undefined;
    const moment = this.known.get(key);
    this.known.delete(key);
    return moment;
  }

  /** Its outcome is safe but for the ack, which was lost. */
  remember(envelope: Envelope, moment: JobMoment): void {
    const key = keyOf(envelope);
    if (key === undefined) return;
    this.known.set(key, moment);
    if (this.known.size > CAPACITY) this.known.delete(this.known.keys().next().value!);
  }

  /** The run of an earlier delivery of the same message that still goes on in this process. */
  runOf(envelope: Envelope): Promise<void> | undefined {
    const key = keyOf(envelope);
    return key === undefined ? undefined : this.running.get(key);
  }

  /** Marks the message as running until the function returned is called. */
  begin(envelope: Envelope): () => void {
    const key = keyOf(envelope);
    if (key === undefined) return () => undefined;
    let end!: () => void;
    this.running.set(key, new Promise((resolve) => (end = resolve)));
    return () => {
      this.running.delete(key);
      end();
    };
  }
}

/** Messages remembered at most; the oldest are forgotten and would run again. */
const CAPACITY = 10_000;

/** A message without a token cannot be told from another of the same job. */
function keyOf({ id, generation, token }: Envelope): string | undefined {
  return token === undefined ? undefined : `${id} ${generation} ${token}`;
}
