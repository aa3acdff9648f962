import { AsyncLocalStorage } from 'node:async_hooks';
import { WarrenError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';

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
  /** Whether the broker handed this message out before. */
  abstract readonly redelivered: boolean;
  /** How often the broker handed this message out, this time included, as far as it counts that; at least 1. */
  abstract readonly deliveries: number;
  /** Aborted on timeout, cancel, shutdown and loss of the channel; its reason is a WarrenError that says which. */
  abstract readonly signal: AbortSignal;
  /** Writes lines that carry the job's id and type. */
  abstract readonly logger: Logger;

  /** Says how far the work is; the last value wins. Any JSON value, e.g. a fraction or `{ done, total }`. */
  abstract progress(value: unknown): void;

  /** Says "still alive": the timeout starts anew from now. */
  abstract heartbeat(): void;

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
