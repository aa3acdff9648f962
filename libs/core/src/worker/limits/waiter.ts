import type { Clock, Timer } from '../../kernel/clock.js';
import type { LimitRequest, LimitRule, SlotRule } from '../../ports/store-limits.js';

/** How a wait for limits ends. */
export type WaitEnd =
  /** `slots` are held under the ticket, to be released; none: there are none, or the store was not asked. */
  | { readonly kind: 'in'; readonly slots: readonly SlotRule[] }
  /** Another time. */
  | { readonly kind: 'later'; readonly delayMs: number; readonly reason: string }
  | { readonly kind: 'stopped'; readonly why: StopReason };

export type StopReason = 'quiet' | 'turned' | 'lost';

/** What a job asks for. */
export interface Wish {
  readonly newTicket: () => string;
  readonly job: string;
  readonly rules: readonly LimitRule[];
  /** Longest wait in this process; then the job goes back to the broker. */
  readonly holdMs: number;
  readonly onStoreDown: 'wait' | 'allow';
}

/** A job that was let in by rates has this long to find a slot, else it asks them again: no pile of late ones. */
const PAID_FOR_MS = 500;

/** A start by rates that is so near is waited for in any case: going to the broker and back takes as long. */
const SHORT_MS = 100;

/** One job in this process that wants to start: waiting -> over. */
export class Waiter {
  readonly over: Promise<WaitEnd>;
  readonly slots: readonly SlotRule[];
  ticket: string;
  /** A call of the store is on its way for it. */
  isTrying = false;
  /** Its time here is over; it waits for an answer alone. */
  isExpired = false;
  isOver = false;
  /** Holds its slots, and waits for its instant. */
  isIn = false;
  private readonly arrivedAt: number;
  private paidUntil = -Infinity;
  private timer: Timer | undefined;
  private holdTimer: Timer | undefined;
  private resolve!: (end: WaitEnd) => void;

  constructor(
    readonly wish: Wish,
    private readonly clock: Clock,
  ) {
    this.ticket = wish.newTicket();
    this.arrivedAt = clock.elapsed();
    this.slots = wish.rules.filter((rule) => rule.kind === 'slots');
    this.over = new Promise((resolve) => (this.resolve = resolve));
  }

  request(process: string, leaseMs: number): LimitRequest {
    const { ticket } = this;
    const { job, rules, holdMs } = this.wish;
    const waitedMs = this.waitedMs;
    const isPaid = this.clock.elapsed() <= this.paidUntil;
    const leftMs = Math.max(SHORT_MS, holdMs - waitedMs);
    return {
      ticket,
      job,
      rules,
      process,
      leaseMs,
      waitedMs: Math.round(waitedMs),
      holdMs: Math.round(leftMs),
      isPaid,
    };
  }

  get waitedMs(): number {
    return this.clock.elapsed() - this.arrivedAt;
  }

  /** A call was given up: what it may still bring is given back under the old ticket. */
  changeTicket(): void {
    this.ticket = this.wish.newTicket();
  }

  paid(startInMs: number, onStart: () => void): void {
    this.paidUntil = this.clock.elapsed() + startInMs + PAID_FOR_MS;
    this.after(startInMs, onStart);
  }

  /** It has its start: no wait for room ends it meanwhile. */
  after(delayMs: number, then: () => void): void {
    this.holdTimer?.cancel();
    this.holdTimer = undefined;
    this.timer?.cancel();
    if (delayMs <= 0) then();
    else this.timer = this.clock.setTimer(delayMs, () => this.isOver || then());
  }

  /** From the first time that there is no room. */
  limitHold(onExpired: () => void): void {
    this.holdTimer ??= this.clock.setTimer(Math.max(0, this.wish.holdMs - this.waitedMs), onExpired);
  }

  /** The first call decides. */
  end(end: WaitEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    this.timer?.cancel();
    this.holdTimer?.cancel();
    this.resolve(end);
  }
}
