import type { Clock, Timer } from '../kernel/clock.js';

interface Pending {
  readonly dueAt: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/** Turns of the event loop that code gets to react to a timer before the next one fires. */
const TURNS = 12;

/** A clock that stands still until it is told to go on. Starts at 2026-01-01T00:00:00Z unless told otherwise. */
export class ManualClock implements Clock {
  private readonly timers = new Set<Pending>();
  private sequence = 0;
  private shiftMs = 0;

  constructor(private currentMs = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.currentMs + this.shiftMs;
  }

  elapsed(): number {
    return this.currentMs;
  }

  /** Sets the hour forth, or back if negative, as an administrator does: no time passes, and timers fire as before. */
  setBy(shiftMs: number): void {
    this.shiftMs += shiftMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    this.sequence += 1;
    const pending = { dueAt: this.currentMs + Math.max(0, delayMs), sequence: this.sequence, callback };
    this.timers.add(pending);
    return { cancel: () => void this.timers.delete(pending) };
  }

  get pendingTimers(): number {
    return this.timers.size;
  }

  /** When the next timer fires, in epoch milliseconds. */
  get nextTimerAt(): number | undefined {
    const next = this.next();
    return next && next.dueAt + this.shiftMs;
  }

  /** Goes on by that time: fires timers in their order, and lets code react to each before the next. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.currentMs + byMs;
    await settled();
    for (let next = this.next(); next && next.dueAt <= untilMs; next = this.next()) {
      this.timers.delete(next);
      this.currentMs = Math.max(this.currentMs, next.dueAt);
      next.callback();
      await settled();
    }
    this.currentMs = untilMs;
    await settled();
  }

  private next(): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.timers) {
      if (
        !first ||
        timer.dueAt < first.dueAt ||
        (timer.dueAt === first.dueAt && timer.sequence < first.sequence)
      ) {
        first = timer;
      }
    }
    return first;
  }
}

/** Lets promises and immediate callbacks that are on their way run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
