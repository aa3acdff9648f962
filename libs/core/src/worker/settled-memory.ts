import type { Envelope } from '../job/envelope.js';
import type { JobMoment } from '../observe/moments.js';

/** Messages remembered at most; the oldest are forgotten and would run again. */
const CAPACITY = 10_000;

/** Identity of one message. One of another program has none: its id may be that of others too. */
export function messageKeyOf({ token }: Envelope): string | undefined {
  return token;
}

/**
 * What this process knows of deliveries that it could not settle because their channel was gone. The broker hands
 * such a message out again: if it comes back here, it is settled without running a second time.
 */
export class SettledMemory {
  private readonly known = new Map<string, JobMoment>();
  /** Those that run, with who waits for the end; most have nobody. */
  private readonly running = new Map<string, Array<() => void> | undefined>();

  /** The moment to tell once the redelivery is acked, if the job ended here before. */
  take(key: string | undefined): JobMoment | undefined {
    if (key === undefined || this.known.size === 0) return undefined;
    const moment = this.known.get(key);
    this.known.delete(key);
    return moment;
  }

  /** Its outcome is safe but for the ack, which was lost. */
  remember(key: string | undefined, moment: JobMoment): void {
    if (key === undefined) return;
    this.known.set(key, moment);
    if (this.known.size > CAPACITY) this.known.delete(this.known.keys().next().value!);
  }

  /** The run of an earlier delivery of the same message that still goes on in this process. */
  runOf(key: string | undefined): Promise<void> | undefined {
    if (key === undefined || !this.running.has(key)) return undefined;
    return new Promise((resolve) => {
      const waiting = this.running.get(key);
      if (waiting) waiting.push(resolve);
      else this.running.set(key, [resolve]);
    });
  }

  begin(key: string | undefined): void {
    if (key !== undefined) this.running.set(key, undefined);
  }

  end(key: string | undefined): void {
    if (key === undefined) return;
    const waiting = this.running.get(key);
    this.running.delete(key);
    for (const resolve of waiting ?? []) resolve();
  }
}
