import type { Backoff } from '../kernel/backoff.js';
import type { Duration } from '../kernel/duration.js';
import type { FinalState } from './states.js';

/** How often and how long a job is tried. */

/** As written on a handler, a definition, a queue or the module. Unset: the next one in that order decides. */
export interface PolicyOptions {
  /** Runs at most, the first included. Default 10. */
  readonly attempts?: number;
  /** Delay between attempts. Default `backoffs.tenMinutes`. */
  readonly backoff?: Backoff;
  /** Longest run of one attempt; then its signal aborts and the attempt fails. Default 15 min. `false`: none. */
  readonly timeout?: Duration | false;
  /** After this time from the enqueue no attempt starts. Default: none. */
  readonly deadline?: Duration | false;
  /** Longest wait in the queue before the first attempt. Default: none. */
  readonly ttl?: Duration | false;
  /** Whether another attempt makes sense. Default: always. When it throws, the answer is taken as yes. */
  readonly retryIf?: (error: unknown, attempt: number) => boolean;
  /**
   * What the job store is told: `all`; `failures`: only what failed for good; `none`. What a producer records follows
   * definition, queue and module, as it does not know the handler. Default `all`.
   */
  readonly track?: Track;
  /** How long and how many finished jobs the job store remembers. */
  readonly retention?: RetentionOptions;
  /** Final states in which the job store forgets a job as it ends, whatever `retention` says. Default: none. */
  readonly discardStates?: readonly FinalState[];
}

export type Track = 'all' | 'failures' | 'none';

export interface RetentionOptions {
  /** Jobs that completed. Default: 24 h, any number. */
  readonly completed?: KeepOptions;
  /** Jobs that failed, were cancelled or could not be enqueued. Default: 14 d, any number. */
  readonly failed?: KeepOptions;
}

export interface KeepOptions {
  /** From the end of the job. 0: it is not remembered. */
  readonly age?: Duration;
  /**
   * Jobs of one type and final state at most, those that ended last. Default: any number; 10,000 where the store is
   * made by Warren, in the memory of the process.
   */
  readonly count?: number;
}

/** Resolved. */
export interface Retention {
  readonly completed: Kept;
  readonly failed: Kept;
}

export interface Kept {
  readonly ms: number;
  /** Undefined: any number. */
  readonly count: number | undefined;
}

/** Resolved: nothing left to decide. */
export interface Policy {
  readonly attempts: number;
  readonly backoff: Backoff;
  readonly timeoutMs: number | undefined;
  readonly deadlineMs: number | undefined;
  readonly ttlMs: number | undefined;
  readonly retryIf: ((error: unknown, attempt: number) => boolean) | undefined;
  readonly track: Track;
  readonly retention: Retention;
  readonly discardStates: readonly FinalState[];
}

const NOTHING: Kept = Object.freeze({ ms: 0, count: undefined });

/** What is kept of a job that ends in that state. */
export function keepOf({ discardStates, retention }: Policy, end: FinalState): Kept {
  if (discardStates.includes(end)) return NOTHING;
  return end === 'completed' ? retention.completed : retention.failed;
}
