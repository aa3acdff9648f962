import type { Duration } from '../kernel/duration.js';

/** How many jobs of a queue or of a handler run at once, and how often they start, over all workers together. */

/**
 * Gives the text by which a rule tells its jobs apart, such as a tenant; undefined: the rule is not for this job. It gets
 * the payload as it came, before it is validated. Written as a method, so that a function may say what payload it expects.
 */
export type LimitKeyFunction<Payload> = { of(payload: Payload): string | number | undefined }['of'];

export interface KeyedConcurrency<Payload = unknown> {
  /** Jobs of one key at once. At least 1. */
  readonly limit: number;
  readonly key: LimitKeyFunction<Payload>;
}

export interface RateLimitOptions<Payload = unknown> {
  /** Starts in the time `per`, evenly spaced. At least 1. */
  readonly max: number;
  /** From 1 ms to 1 d. */
  readonly per: Duration;
  /** Starts at once after a pause. Default 1: none is nearer to the one before than `per / max`. At most `max`. */
  readonly burst?: number;
  /** Counts each key apart. Default: all jobs together. */
  readonly key?: LimitKeyFunction<Payload>;
}

/** Of a queue, a definition or a handler. They need a job store, over which the workers agree. */
export interface LimitOptions<Payload = unknown> {
  /** Jobs at once over all workers. Default: what the workers' own `concurrency` adds up to. */
  readonly maxConcurrent?: number | undefined;
  /** Jobs of one key at once over all workers: `{ limit: 2, key: (payload) => payload.tenant }`. Default: no limit. */
  readonly concurrency?: KeyedConcurrency<Payload> | undefined;
  /** Starts over all workers: `{ max: 100, per: '1m' }`. Default: no limit. */
  readonly rateLimit?: RateLimitOptions<Payload> | undefined;
  /**
   * While the job store does not answer. `wait`: jobs wait, and none is lost. `allow`: they run, as if there were no
   * limit. Default `wait`.
   */
  readonly limitsOnStoreDown?: 'wait' | 'allow' | undefined;
}

/** Resolved. */
export interface Limits {
  readonly maxConcurrent: number | undefined;
  readonly concurrency: { readonly limit: number; readonly key: LimitKeyFunction<unknown> } | undefined;
  readonly rateLimit: ResolvedRate | undefined;
  readonly onStoreDown: 'wait' | 'allow';
}

export interface ResolvedRate {
  readonly max: number;
  readonly perMs: number;
  readonly burst: number;
  readonly key: LimitKeyFunction<unknown> | undefined;
}
