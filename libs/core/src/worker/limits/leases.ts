import type { Clock, Timer } from '../../kernel/clock.js';
import type { JobLimits } from '../../ports/job-limits.js';
import type { HeldTicket, SlotRule, TicketEnd } from '../../ports/store-limits.js';

/** A process that dies frees its slots after this time at the latest. */
export const LEASE_MS = 12_000;
/** Two renewals may fail before a lease is over. */
const BEAT_MS = 4_000;
/** After which a release is told again that the store did not answer. */
const AGAIN_MS = 500;

interface Held extends HeldTicket {
  readonly sinceMs: number;
}

/** The slots that jobs of this process hold: renewed while any is held, released one by one. */
export class Leases {
  private readonly held = new Map<string, Held>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly again = new Set<Timer>();
  private isClosed = false;
  private beat: Timer | undefined;

  constructor(
    private readonly limits: JobLimits,
    private readonly clock: Clock,
  ) {}

  get size(): number {
    return this.held.size;
  }

  add(ticket: string, slots: readonly SlotRule[]): void {
    if (slots.length === 0) return;
    this.held.set(ticket, { ticket, slots, sinceMs: this.clock.elapsed() });
    this.beat ??= this.nextBeat();
  }

  release(ticket: string): void {
    const held = this.held.get(ticket);
    if (!held || !this.held.delete(ticket)) return;
    const heldMs = Math.round(this.clock.elapsed() - held.sinceMs);
    this.tell({ ticket, slots: held.slots, heldMs });
    if (this.held.size > 0) return;
    this.beat?.cancel();
    this.beat = undefined;
  }

  /** For the end of the process: resolves when what was released is free at the store, as far as that answers. */
  async released(): Promise<void> {
    this.isClosed = true;
    for (const timer of this.again) timer.cancel();
    await Promise.all(this.underWay);
  }

  /** Slots of a job that was let in when nobody wanted it any more. */
  giveBack(ticket: string, slots: readonly SlotRule[]): void {
    if (slots.length > 0) this.tell({ ticket, slots, heldMs: 0 });
  }

  private nextBeat(): Timer {
    return this.clock.setTimer(BEAT_MS, () => {
      this.beat = this.nextBeat();
      // Of one that fails the next beat is a second try.
      void this.limits.renew(() => [...this.held.values()], LEASE_MS);
    });
  }

  /** Tells the store, again while it does not answer, until the lease is over. Only the first time is waited for. */
  private tell(end: TicketEnd, untilMs = this.clock.elapsed() + LEASE_MS): void {
    const told = this.limits.release(end).then((isTold) => {
      this.underWay.delete(told);
      if (isTold || this.isClosed || this.clock.elapsed() >= untilMs) return;
      const again = this.clock.setTimer(AGAIN_MS, () => {
        this.again.delete(again);
        this.tell(end, untilMs);
      });
      this.again.add(again);
    });
    this.underWay.add(told);
  }
}
