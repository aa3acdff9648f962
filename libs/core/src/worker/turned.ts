import type { LimitOverride } from './limits/index.js';

/** What operators have turned while jobs run, as a worker sees it. */
export interface Turned {
  isPausedQueue(queue: string): boolean;
  /** Of a type itself or by a prefix of it. */
  isPausedType(type: string): boolean;
  /** Limits over all workers, in the place of those of the options. */
  readonly limits: readonly LimitOverride[];
}
