import { DEFAULT_RETRY_AFTER_MS, comeAgain, delayUntil, type RetryAfter } from '../retry-after.js';
import { formatDuration } from '../duration.js';
import { WarrenError } from './error.js';

export interface RateLimitedOptions {
  /** Nothing else starts by the `rateLimit` of the job's queue and handler until then. Default false. */
  readonly holdRate?: boolean;
  readonly message?: string;
  readonly cause?: unknown;
}

/** The target of the handler said 429: the job runs again at that time, without an attempt spent. */
export class RateLimitedJobError extends WarrenError {
  readonly inMs: number | undefined;
  /** Epoch milliseconds. */
  readonly at: number | undefined;
  readonly holdRate: boolean;

  /** @param again milliseconds, `'30s'`, a Date, or the text of `Retry-After`; nothing: 30 s. */
  constructor(again?: RetryAfter, { holdRate = false, message, cause }: RateLimitedOptions = {}) {
    const when = comeAgain(again, 'rateLimited(again)');
    super('WARREN_RATE_LIMITED', message ?? `the target limits its rate, asked for again ${told(when)}`, {
      ...(cause !== undefined && { cause }),
    });
    this.inMs = 'inMs' in when ? when.inMs : undefined;
    this.at = 'at' in when ? when.at : undefined;
    this.holdRate = holdRate;
  }
}

/** Milliseconds from `now`. Of anything with that code: it may come from another copy of the package or from a thread. */
export function rateLimitedDelayMs(thrown: WarrenError, now: number): number {
  const { inMs, at } = thrown as Partial<RateLimitedJobError>;
  return delayUntil(typeof at === 'number' ? { at } : { inMs: inMs ?? DEFAULT_RETRY_AFTER_MS }, now);
}

function told(when: ReturnType<typeof comeAgain>): string {
  return 'inMs' in when ? `in ${formatDuration(when.inMs)}` : `at ${new Date(when.at).toISOString()}`;
}
