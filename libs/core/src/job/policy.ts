import type { Backoff } from '../kernel/backoff.js';
import type { Duration } from '../kernel/duration.js';

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
}

/** Resolved: nothing left to decide. */
export interface Policy {
  readonly attempts: number;
  readonly backoff: Backoff;
  readonly timeoutMs: number | undefined;
  readonly deadlineMs: number | undefined;
  readonly ttlMs: number | undefined;
  readonly retryIf: ((error: unknown, attempt: number) => boolean) | undefined;
}
