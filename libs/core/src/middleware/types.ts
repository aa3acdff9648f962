import type { JobContext } from '../job/context.js';

/** Code around enqueueing or running that may change headers and context, and fail it by throwing. */

/** A job on its way out. Its headers may be changed until `next` is called. */
export interface EnqueueContext {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly payload: unknown;
  readonly headers: Record<string, string | number | boolean>;
  /** Set by the caller's option, else by the running job's, else the job's id. */
  correlationId: string;
}

/**
 * Wraps one enqueue. Must call `next` once and await it, or throw; what it throws is what `enqueue` throws. `enqueue`
 * fails when the job was not published, whatever the middleware returns, and a second `next` is refused.
 */
export type EnqueueMiddleware = (context: EnqueueContext, next: () => Promise<void>) => Promise<void>;

/** Wraps one attempt, inside the timeout and outside Nest's guards. What it throws fails the attempt. */
export type JobMiddleware = (context: JobContext, next: () => Promise<unknown>) => Promise<unknown>;
