import type { Clock, Timer } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import type { Waiter } from './waiter.js';

export interface LineParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Asks the store for the waiter. Resolves when it knows where that waits now. */
  readonly tryOne: (waiter: Waiter) => Promise<void>;
  readonly onEmpty: () => void;
}

/** How long a line waits to be told of room before it looks itself: a message was lost, or a lease is over. */
const LOOK_MS = 1_000;

/** The jobs of this process that wait for one resource, first come first served. Only the first asks the store. */
export class Line {
  private readonly waiters: Waiter[] = [];
  private isAsking = false;
  private hasNews = false;
  private look: Timer | undefined;

  constructor(private readonly parts: LineParts) {}

  get size(): number {
    return this.waiters.length;
  }

  has(waiter: Waiter): boolean {
    return this.waiters.includes(waiter);
  }

  add(waiter: Waiter): void {
    if (this.waiters.includes(waiter)) return;
    this.waiters.push(waiter);
    if (!this.look) this.awaitLook();
  }

  remove(waiter: Waiter): void {
    const at = this.waiters.indexOf(waiter);
    if (at < 0) return;
    this.waiters.splice(at, 1);
    if (this.waiters.length > 0) return;
    this.look?.cancel();
    this.look = undefined;
    this.parts.onEmpty();
  }

  /** There may be room: lets in whoever finds some, in their order. */
  async advance(): Promise<void> {
    this.hasNews = true;
    if (this.isAsking) return;
    this.isAsking = true;
    while (this.hasNews) {
      this.hasNews = false;
      for (let first = this.waiters[0]; first; first = this.waiters[0]) {
        await this.parts.tryOne(first);
        if (this.waiters[0] === first) break;
      }
    }
    this.isAsking = false;
  }

  private awaitLook(): void {
    // Not all processes at the same time.
    const delayMs = LOOK_MS * (1 + this.parts.random.next() / 2);
    this.look = this.parts.clock.setTimer(delayMs, () => {
      if (this.waiters.length === 0) return;
      this.awaitLook();
      void this.advance();
    });
  }
}
