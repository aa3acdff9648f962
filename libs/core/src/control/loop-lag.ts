import type { LoopClock, Timer } from '../kernel/clock.js';

const TICK_MS = 500;

/** How late the event loop is: a tick each half second, and by how much the latest of them came late. */
export class LoopLag {
  private readonly ticking: Timer;
  private lastMs: number;
  private worstMs = 0;

  constructor(private readonly loop: LoopClock) {
    this.lastMs = loop.monotonicMs();
    this.ticking = loop.every(TICK_MS, () => this.tick());
  }

  /** Of the ticks since the last call. */
  take(): number {
    const worst = Math.max(this.worstMs, this.loop.monotonicMs() - this.lastMs - TICK_MS, 0);
    this.worstMs = 0;
    return Math.round(worst);
  }

  close(): void {
    this.ticking.cancel();
  }

  private tick(): void {
    const now = this.loop.monotonicMs();
    this.worstMs = Math.max(this.worstMs, now - this.lastMs - TICK_MS);
    this.lastMs = now;
  }
}
