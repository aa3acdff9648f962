import { formatDuration, parseDuration, type Duration } from '../duration.js';
import type { ErrorCode } from './codes.js';
import { WarrenError } from './error.js';

/** What a handler throws to decide the outcome of its attempt itself. */

export const CONTROL_WORDS: readonly ErrorCode[] = [
  'WARREN_NON_RETRYABLE',
  'WARREN_RETRY',
  'WARREN_SNOOZE',
  'WARREN_RATE_LIMITED',
];

/** Fails the job at once, whatever attempts are left: it goes to the dead letters with reason `terminated`. */
export class NonRetryableJobError extends WarrenError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super('WARREN_NON_RETRYABLE', message, options);
  }
}

/** Fails this attempt; the next one starts after `delay` instead of what the backoff says. */
export class RetryJobError extends WarrenError {
  readonly delayMs: number;

  constructor(delay: Duration, message?: string, options: { readonly cause?: unknown } = {}) {
    const delayMs = parseDuration(delay, 'RetryJobError(delay)');
    super('WARREN_RETRY', message ?? `retry asked for in ${formatDuration(delayMs)}`, options);
    this.delayMs = delayMs;
  }
}

/** Ends this run without spending an attempt; the job runs again after `delay`. */
export class SnoozeJobError extends WarrenError {
  readonly delayMs: number;

  constructor(delay: Duration, message?: string, options: { readonly cause?: unknown } = {}) {
    const delayMs = parseDuration(delay, 'SnoozeJobError(delay)');
    super('WARREN_SNOOZE', message ?? `snoozed for ${formatDuration(delayMs)}`, options);
    this.delayMs = delayMs;
  }
}
