import type { JobOutcome } from '../job/outcome.js';
import type { Clock, Timer } from '../kernel/clock.js';
import { ReadAhead } from './read-ahead.js';

/** Longest wait for a slot, of a message that was taken ahead; then another worker may have it. */
const PATIENCE_MS = 1_000;

/**
 * Where the handlers of one queue run, `concurrency` at a time. A message that the broker hands out within its prefetch
 * always finds a slot; one that was taken ahead waits for one, first come, first served.
 */
export class HandlerSlots {
  private taken = 0;
  private readonly waiting: Array<(isFree: boolean) => void> = [];
  private timer: Timer | undefined;
  private readonly ahead: ReadAhead;
  private isRefusing = false;

  constructor(
    private readonly concurrency: number,
    private readonly clock: Clock,
    readAhead: (count: number) => void,
  ) {
    this.ahead = new ReadAhead(concurrency, readAhead);
  }

  /** Undefined: go on. Else false comes when there was no slot in time, or there is none once `refuse` was called. */
  enter(): Promise<boolean> | undefined {
    if (this.taken < this.concurrency) {
      this.taken += 1;
      return undefined;
    }
    if (this.isRefusing) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.timer ??= this.clock.setTimer(PATIENCE_MS, () => this.lookAt(resolve));
    });
  }

  /** A handler is over, and took that long. */
  leave(durationMs: number): void {
    this.ahead.ran(durationMs);
    // Its slot is handed on.
    const next = this.waiting.shift();
    if (next) next(true);
    else this.taken -= 1;
  }

  /** Those that come wait for limits, too, and must not hold them while they wait for a slot. */
  takeNothingAhead(): void {
    this.ahead.forbid();
  }

  /** From now on nobody waits. */
  refuse(): void {
    this.isRefusing = true;
    this.sendAway();
  }

  private sendAway(): void {
    this.timer?.cancel();
    this.timer = undefined;
    for (const resolve of this.waiting.splice(0)) resolve(false);
  }

  /** It was the first when the time began. */
  private lookAt(first: (isFree: boolean) => void): void {
    this.timer = undefined;
    const [next] = this.waiting;
    if (next === first) {
      this.ahead.stop();
      this.sendAway();
    } else if (next) {
      this.timer = this.clock.setTimer(PATIENCE_MS, () => this.lookAt(next));
    }
  }
}

/** One delivery's use of a slot: not begun -> (waiting ->) taken -> over. */
export class Turn {
  /** Why the handler does not run after all. */
  refusal: JobOutcome | undefined;
  private takenAt: number | undefined;

  constructor(
    private readonly slots: HandlerSlots,
    private readonly clock: Clock,
  ) {}

  /** Resolves when the wait is over, whatever came of it. */
  begin(): Promise<void> | undefined {
    const wait = this.slots.enter();
    if (!wait) {
      this.takenAt = this.clock.elapsed();
      return undefined;
    }
    return wait.then((isFree) => {
      if (isFree) this.takenAt = this.clock.elapsed();
      else this.refusal = { kind: 'interrupted', why: 'no handler was free in time' };
    });
  }

  /** May be called again. */
  end(): void {
    if (this.takenAt === undefined) return;
    this.slots.leave(this.clock.elapsed() - this.takenAt);
    this.takenAt = undefined;
  }
}
