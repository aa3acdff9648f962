import type { Clock } from '../../kernel/clock.js';

/** Tombstones at most; above it the oldest go, so that discarding everything does not fill the memory. */
const TOMBSTONES_KEPT = 100_000;

/** Discarded jobs whose messages may still be on their way. */
export class Tombstones {
  private readonly until = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  set(id: string, ms: number): void {
    this.until.delete(id);
    if (ms <= 0) return;
    this.until.set(id, this.clock.now() + ms);
    this.prune();
  }

  has(id: string): boolean {
    const untilMs = this.until.get(id);
    return untilMs !== undefined && untilMs > this.clock.now();
  }

  lift(id: string): void {
    this.until.delete(id);
  }

  /** The oldest that are over, or too many. Those with longer terms may hold back others; the limit bounds that. */
  private prune(): void {
    const now = this.clock.now();
    for (const [id, untilMs] of this.until) {
      if (untilMs > now && this.until.size <= TOMBSTONES_KEPT) return;
      this.until.delete(id);
    }
  }
}
