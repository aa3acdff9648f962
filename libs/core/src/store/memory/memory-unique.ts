import type { Clock } from '../../kernel/clock.js';
import type { UniqueStore } from '../../ports/store-reads.js';
import type { Answer } from './answer.js';

/** Who holds a key, and until when. */
export interface Hold {
  readonly holder: string;
  readonly untilMs: number;
}

/** Held keys that a call looks at to free the memory of those that are over. */
const SWEPT_AT_ONCE = 10;

export class MemoryUnique implements UniqueStore {
  constructor(
    private readonly holds: Map<string, Hold>,
    private readonly clock: Clock,
    private readonly answer: Answer,
  ) {}

  reserve(
    key: string,
    holder: string,
    ttlMs: number,
  ): Promise<{ readonly holder: string; readonly isNew: boolean }> {
    return this.answer(() => {
      const now = this.clock.now();
      this.sweep(now);
      const hold = this.holds.get(key);
      const isHeld = hold !== undefined && hold.untilMs > now;
      if (isHeld && hold.holder !== holder) return { holder: hold.holder, isNew: false };
      this.holds.delete(key);
      this.holds.set(key, { holder, untilMs: now + ttlMs });
      return { holder, isNew: !isHeld };
    });
  }

  release(key: string, holder: string): Promise<void> {
    return this.answer(() => {
      if (this.holds.get(key)?.holder === holder) this.holds.delete(key);
    });
  }

  /** Looks at the oldest, and puts those that still hold behind the others, so that each has its turn. */
  private sweep(now: number): void {
    let left = Math.min(SWEPT_AT_ONCE, this.holds.size);
    for (const [key, hold] of this.holds) {
      if (left <= 0) return;
      left -= 1;
      this.holds.delete(key);
      if (hold.untilMs > now) this.holds.set(key, hold);
    }
  }
}
