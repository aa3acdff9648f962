import type { Duration } from '../kernel/duration.js';

/** How one job at a time holds a key, so that enqueueing again under it makes no second job. */

/** Until when a key is held: until the first run of its job begins, until its job ends, or for a time. */
export type UniqueUntil = 'started' | 'completed' | Duration;

/** What becomes of an enqueue whose key another job holds. */
export type UniqueConflict =
  /** It gives a ref of that job. */
  | 'return'
  /** The waiting job gets the new payload and time; where it runs already, as `return`. Needs `track: 'all'`. */
  | 'replace'
  /** It throws WARREN_NOT_UNIQUE. */
  | 'throw';

/** Written as a method, so that a function may say what payload it expects. */
export type UniqueKeyFunction<Payload> = { of(payload: Payload): string }['of'];

export interface UniqueOptions<Payload = unknown> {
  /**
   * Text, or a function of the payload that gives it. Keys of different job types never meet. Default: the payload
   * itself, as JSON: the same properties in the same order.
   */
  readonly key?: string | UniqueKeyFunction<Payload>;
  /**
   * `completed`: until the job ends, whatever way. `started`: until its first run begins. A duration: that long from the
   * enqueue, whatever becomes of the job. Default `completed`. The first two end 24 h after the job was due to run if
   * no worker ever tells of it.
   */
  readonly until?: UniqueUntil;
  /** Default `return`. */
  readonly onConflict?: UniqueConflict;
  /**
   * When the job store does not answer in time. `allow`: the job is enqueued, and may be a second one. `throw`: the
   * enqueue throws WARREN_STORE_UNAVAILABLE. Default `allow`.
   */
  readonly onStoreDown?: 'allow' | 'throw';
}

/** True: all defaults. False: not unique. */
export type Unique<Payload = unknown> = boolean | UniqueOptions<Payload>;
