import { backoffDelayMs, backoffs } from '../kernel/backoff.js';
import {
  ConfigurationError,
  describeError,
  isWarrenError,
  rateLimitedDelayMs,
  type RateLimitedJobError,
  type RetryJobError,
  type SnoozeJobError,
  type WarrenError,
} from '../kernel/errors/index.js';
import { disown, guarded } from '../kernel/guarded.js';
import type { Random } from '../kernel/random.js';
import type { FailureReason } from './envelope.js';
import type { JobOutcome } from './outcome.js';
import type { Policy } from './policy.js';

/** What an attempt's error means. Pure: nothing else decides, and nothing is done here. */
export interface Case {
  readonly thrown: unknown;
  readonly attempt: number;
  readonly policy: Policy;
  readonly deadlineAt: number | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly random: Random;
  /** Hears of a policy function that threw or returned nonsense. */
  readonly reportPolicyError: (policyFunction: 'retryIf' | 'backoff', error: unknown) => void;
}

export function judge(given: Case): JobOutcome {
  const { thrown, attempt, policy } = given;
  if (isWarrenError(thrown, 'WARREN_NON_RETRYABLE')) return failed('terminated', thrown);
  if (isWarrenError(thrown, 'WARREN_SNOOZE')) {
    const snooze = thrown as SnoozeJobError;
    if (isPastDeadline(given, snooze.delayMs)) return failed('expired', thrown);
    return { kind: 'snoozed', delayMs: snooze.delayMs, reason: snooze.message };
  }
  if (isWarrenError(thrown, 'WARREN_RATE_LIMITED')) return rateLimited(given, thrown);
  if (!wantsRetry(given)) return failed('terminated', thrown);
  if (attempt >= policy.attempts) return failed('exhausted', thrown);
  const delayMs = retryDelayMs(given);
  if (isPastDeadline(given, delayMs)) return failed('expired', thrown);
  return { kind: 'retry', delayMs, error: describeError(thrown) };
}

function rateLimited(given: Case, thrown: WarrenError): JobOutcome {
  const delayMs = rateLimitedDelayMs(thrown, given.now);
  if (isPastDeadline(given, delayMs)) return failed('expired', thrown);
  const { holdRate = false } = thrown as Partial<RateLimitedJobError>;
  return { kind: 'snoozed', delayMs, reason: thrown.message, holdRate };
}

/** The payload does not satisfy the handler's contract, nor will it in another attempt. */
export function rejected(error: WarrenError): JobOutcome {
  return failed('rejected', error);
}

function wantsRetry({ thrown, attempt, policy, reportPolicyError }: Case): boolean {
  const { retryIf } = policy;
  if (!retryIf || isWarrenError(thrown, 'WARREN_RETRY')) return true;
  return guarded(
    () => booleanOf(retryIf(thrown, attempt)),
    () => true,
    (error) => reportPolicyError('retryIf', error),
  );
}

/** An async function's promise would always mean yes, a forgotten return always no. */
function booleanOf(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  disown(answer);
  throw new ConfigurationError([
    `retryIf: it returned a value of type ${typeof answer}; return true or false, not a promise.`,
  ]);
}

function retryDelayMs({ thrown, attempt, policy, random, reportPolicyError }: Case): number {
  if (isWarrenError(thrown, 'WARREN_RETRY')) return (thrown as RetryJobError).delayMs;
  return guarded(
    () => backoffDelayMs(policy.backoff, attempt, thrown, random),
    () => backoffDelayMs(backoffs.tenMinutes, attempt, thrown, random),
    (error) => reportPolicyError('backoff', error),
  );
}

function isPastDeadline({ deadlineAt, now }: Case, delayMs: number): boolean {
  return deadlineAt !== undefined && now + delayMs > deadlineAt;
}

function failed(reason: FailureReason, thrown: unknown): JobOutcome {
  return { kind: 'failed', reason, error: describeError(thrown) };
}
