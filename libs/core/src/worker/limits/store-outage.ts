import type { Clock } from '../../kernel/clock.js';
import type { ErrorDescription } from '../../kernel/errors/index.js';
import type { Observers } from '../../observe/observers.js';

/** While the store does not say what limits allow: told when it begins and when it is over, with counts. */
export class StoreOutage {
  private sinceMs: number | undefined;
  private letInCount = 0;
  private putOffCount = 0;

  constructor(
    private readonly clock: Clock,
    private readonly observers: Observers,
  ) {}

  begins(error: ErrorDescription): void {
    if (this.sinceMs !== undefined) return;
    this.sinceMs = this.clock.elapsed();
    this.observers.tell({ kind: 'limitsUnknown', at: this.clock.now(), error });
  }

  over(): void {
    if (this.sinceMs === undefined) return;
    const forMs = Math.round(this.clock.elapsed() - this.sinceMs);
    const { letInCount: letIn, putOffCount: putOff } = this;
    this.sinceMs = undefined;
    this.letInCount = 0;
    this.putOffCount = 0;
    this.observers.tell({ kind: 'limitsKnown', at: this.clock.now(), forMs, letIn, putOff });
  }

  /** A job runs without its limits, as its options say. */
  letIn(): void {
    this.letInCount += 1;
  }

  /** A job goes back to the broker for a while. */
  putOff(): void {
    this.putOffCount += 1;
  }
}
