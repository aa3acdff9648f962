import type { Clock } from '../../kernel/clock.js';
import type { ClaimAnswer } from '../../ports/store-records.js';

/** What a message is answered whose job is forgotten. */
export interface Tombstone {
  readonly answer: Extract<ClaimAnswer, { readonly kind: 'discarded' | 'cancelled' | 'duplicate' }>;
  /** The least generation that may run; undefined: none. */
  readonly least: number | undefined;
}

/** Tombstones at most; above it the oldest go, so that discarding everything does not fill the memory. */
const TOMBSTONES_KEPT = 100_000;

/** Jobs whose messages may still be on their way, and must leave unseen. */
export class Tombstones {
  private readonly stones = new Map<string, { readonly stone: Tombstone; readonly untilMs: number }>();

  constructor(private readonly clock: Clock) {}

  /** For no shorter time than one of before, for the messages that it is for may still come. */
  set(id: string, stone: Tombstone, ms: number): void {
    const before = this.stones.get(id)?.untilMs ?? 0;
    const untilMs = Math.max(before, this.clock.now() + ms);
    this.stones.delete(id);
    if (untilMs <= this.clock.now()) return;
    this.stones.set(id, { stone, untilMs });
    this.prune();
  }

  /** Undefined: a message of that generation may run. */
  of(id: string, generation: number): Tombstone['answer'] | undefined {
    const set = this.stones.get(id);
    if (!set || set.untilMs <= this.clock.now()) return undefined;
    const { answer, least = Infinity } = set.stone;
    return generation >= least ? undefined : answer;
  }

  lift(id: string): void {
    this.stones.delete(id);
  }

  /** The oldest that are over, or too many. Those with longer terms may hold back others; the limit bounds that. */
  private prune(): void {
    const now = this.clock.now();
    for (const [id, { untilMs }] of this.stones) {
      if (untilMs > now && this.stones.size <= TOMBSTONES_KEPT) return;
      this.stones.delete(id);
    }
  }
}
