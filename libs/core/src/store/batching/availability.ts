import type { Clock } from '../../kernel/clock.js';
import type { BatchLimits } from './limits.js';

/** What a store is called for. */
export type StoreOperation =
  'claim' | 'finish' | 'enqueue' | 'enqueue_failed' | 'report' | 'late' | 'unique' | 'limits';

/** One call of the port, of one item or many. */
export interface StoreCall {
  readonly operation: StoreOperation;
  readonly durationMs: number;
  /** `out`: the store did not answer. `refused`: it answered with an error. */
  readonly outcome: 'answered' | 'out' | 'refused';
}

/** Told after what it tells of. Must not throw. */
export interface AvailabilityListener {
  onUp?(): void;
  onDown?(cause: unknown): void;
  onCall?(call: StoreCall): void;
}

/**
 * Whether the store answers. `up` until a call finds it out of reach; then `down`: calls are refused at once, but for
 * one at a time that tries after a pause. The first answer, of that or of an older call, makes it `up`.
 */
export class Availability {
  private downSinceMs: number | undefined;
  private lastCause: unknown;
  private pauseMs = 0;
  private tryAt = 0;
  /** While it is down: one call has gone out to try. */
  private isTrying = false;

  constructor(
    private readonly clock: Clock,
    private readonly limits: BatchLimits,
    private readonly listener: AvailabilityListener,
  ) {}

  get isUp(): boolean {
    return this.downSinceMs === undefined;
  }

  /** Epoch milliseconds; undefined while it is up. */
  get downSince(): number | undefined {
    return this.downSinceMs;
  }

  /** Why it is down. */
  get cause(): unknown {
    return this.lastCause;
  }

  /** Milliseconds until the next try. */
  get pauseLeftMs(): number {
    return this.isUp ? 0 : Math.max(0, this.tryAt - this.clock.now());
  }

  /** Whether a call may go out. While it is down, a yes is for one call: the next has to wait for its answer. */
  mayTry(): boolean {
    if (this.isUp) return true;
    if (this.pauseLeftMs > 0) return false;
    this.tryAt = this.clock.now() + this.limits.timeoutMs;
    this.isTrying = true;
    return true;
  }

  /** A call is over; what it means for this comes by `answered` and `failed`. */
  called(call: StoreCall): void {
    this.listener.onCall?.(call);
  }

  answered(): void {
    if (this.isUp) return;
    this.downSinceMs = undefined;
    this.lastCause = undefined;
    this.pauseMs = 0;
    this.isTrying = false;
    this.listener.onUp?.();
  }

  failed(cause: unknown): void {
    const { firstPauseMs, longestPauseMs } = this.limits;
    const wasUp = this.isUp;
    // Calls that were on their way together fail together: that is one failure, and one pause.
    if (!wasUp && !this.isTrying) return;
    const now = this.clock.now();
    this.isTrying = false;
    this.lastCause = cause;
    this.pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, this.pauseMs * 2));
    this.tryAt = now + this.pauseMs;
    if (!wasUp) return;
    this.downSinceMs = now;
    this.listener.onDown?.(cause);
  }
}
