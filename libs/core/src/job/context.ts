import { AsyncLocalStorage } from 'node:async_hooks';
import { RateLimitedJobError, WarrenError, type RateLimitedOptions } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { RetryAfter } from '../kernel/retry-after.js';

/**
 * What a running handler knows about its job and can say about it. Given to parameters with `@Ctx()`, and found
 * anywhere below the handler with `JobContext.current()`.
 */
export abstract class JobContext {
  abstract readonly id: string;
  abstract readonly type: string;
  abstract readonly queue: string;
  /** The validated payload: an instance of the payload class, or what the schema made of it. */
  abstract readonly payload: unknown;
  /** From 1. */
  abstract readonly attempt: number;
  abstract readonly maxAttempts: number;
  abstract readonly enqueuedAt: Date;
  /** The earliest start that was asked for; undefined when due at once. */
  abstract readonly scheduledFor: Date | undefined;
  /** After this instant no attempt starts. */
  abstract readonly deadline: Date | undefined;
  /** Headers of the application and of tracing. */
  abstract readonly headers: Readonly<Record<string, unknown>>;
  abstract readonly correlationId: string;
  /** Id of the job whose handler enqueued this one; undefined: no handler did. */
  abstract readonly parentId: string | undefined;
  /** Id of the first job of that line; undefined where there is no parent. */
  abstract readonly rootId: string | undefined;
  /** Whether the broker handed this message out before. */
  abstract readonly redelivered: boolean;
  /** How often the broker handed this message out, this time included, as far as it counts that; at least 1. */
  abstract readonly deliveries: number;
  /** Aborted on timeout, cancel, shutdown and loss of the channel; its reason is a WarrenError that says which. */
  abstract readonly signal: AbortSignal;
  /** Writes lines that carry the job's id and type. The job store keeps the text alone, without fields. */
  abstract readonly logger: Logger;

  /** Says how far the work is; the last value wins. Any JSON value, e.g. a fraction or `{ done, total }`. */
  abstract progress(value: unknown): void;

  /** Says "still alive": the timeout starts anew from now. */
  abstract heartbeat(): void;

  /**
   * What a handler throws whose target said 429: `throw job.rateLimited(response.headers.get('retry-after'))`. The job
   * runs again at that time, without an attempt spent. With `holdRate` nothing else starts until then by the
   * `rateLimit` of its queue and of its handler (of its key, where they have keys).
   * @param again milliseconds, `'30s'`, a Date, or the text of `Retry-After` (seconds or a date); what cannot be read, and
   * nothing: 30 s. Text and dates count as a day at most.
   * @throws ConfigurationError when a number is no duration, or a Date invalid.
   */
  rateLimited(again?: RetryAfter, options?: RateLimitedOptions): RateLimitedJobError {
    return new RateLimitedJobError(again, options);
  }

  /**
   * The context of the job that is running here.
   * @throws WarrenError WARREN_CONFIGURATION outside a handler; use `currentOrUndefined()` where both happen.
   */
  static current(): JobContext {
    const context = storage.getStore();
    if (!context) {
      throw new WarrenError(
        'WARREN_CONFIGURATION',
        'JobContext.current() was called where no job is running. Call it below a handler, or use JobContext.currentOrUndefined().',
      );
    }
    return context;
  }

  static currentOrUndefined(): JobContext | undefined {
    return storage.getStore();
  }
}

const storage = new AsyncLocalStorage<JobContext>();

/** Runs `callback` with `context` as the current one. For the worker alone. */
export function runWithContext<T>(context: JobContext, callback: () => T): T {
  return storage.run(context, callback);
}
