import type { Clock, Timer } from './clock.js';

/**
 * Bounded admission by count and bytes. Whoever enters must leave; who finds it full waits in line, first come
 * first served. Something larger than the whole byte limit enters when the gate is empty, so that it cannot wait
 * for ever.
 */
export interface GateLimits {
  readonly count: number;
  readonly bytes?: number;
}

interface Waiting {
  readonly bytes: number;
  readonly enter: (entered: boolean) => void;
  timer?: Timer;
}

export class Gate {
  private heldCount = 0;
  private heldBytes = 0;
  private readonly line: Waiting[] = [];

  constructor(
    private readonly limits: GateLimits,
    private readonly clock: Clock,
  ) {}

  get held(): number {
    return this.heldCount;
  }

  get waiting(): number {
    return this.line.length;
  }

  /** Enters at once if there is room and nobody waits. */
  tryEnter(bytes = 0): boolean {
    if (this.line.length > 0 || !this.hasRoom(bytes)) return false;
    this.take(bytes);
    return true;
  }

  /** True when entered, false when `timeoutMs` passed first. */
  enter(bytes: number, timeoutMs: number): Promise<boolean> {
    if (this.tryEnter(bytes)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiting: Waiting = { bytes, enter: resolve };
      waiting.timer = this.clock.setTimer(timeoutMs, () => {
        this.line.splice(this.line.indexOf(waiting), 1);
        resolve(false);
        this.admitNext();
      });
      this.line.push(waiting);
    });
  }

  leave(bytes = 0): void {
    this.heldCount -= 1;
    this.heldBytes -= bytes;
    this.admitNext();
  }

  private admitNext(): void {
    for (let next = this.line[0]; next && this.hasRoom(next.bytes); next = this.line[0]) {
      this.line.shift();
      next.timer?.cancel();
      this.take(next.bytes);
      next.enter(true);
    }
  }

  private hasRoom(bytes: number): boolean {
    if (this.heldCount >= this.limits.count) return false;
    const limit = this.limits.bytes ?? Infinity;
    return this.heldCount === 0 || this.heldBytes + bytes <= limit;
  }

  private take(bytes: number): void {
    this.heldCount += 1;
    this.heldBytes += bytes;
  }
}
