import type { PortableBackoff } from '../kernel/backoff.js';
import type { AttemptRecord } from './attempt.js';

/** The immutable in-process form of a job in flight: everything that Warren knows about it but its payload. */
export interface Envelope {
  /** UUIDv7; what a message of another program calls itself. */
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  /** The attempt that this message asks for, from 1. */
  readonly attempt: number;
  /** Epoch milliseconds of the first enqueue. */
  readonly enqueuedAt: number;
  /** Epoch milliseconds before which no attempt starts. */
  readonly notBefore?: number;
  /** Epoch milliseconds after which no attempt starts. */
  readonly deadlineAt?: number;
  /** What the job itself asks for; undefined: the handler's policy decides. */
  readonly own: OwnPolicy;
  readonly priority?: number;
  /** The unique key that the job holds until it ends, or until its first run begins. */
  readonly uniqueKey?: string;
  /** Undefined: until it ends. */
  readonly uniqueUntil?: 'started';
  /** Counts the job's messages: 1 at enqueue, one more for each retry, snooze and requeue. */
  readonly generation: number;
  /** Random identity of one publish; undefined for a message of another program. */
  readonly token?: string;
  readonly correlationId?: string;
  /** Of the job whose handler enqueued this one; undefined: no handler did. */
  readonly parentId?: string;
  /** Of the first job of that line, which has no parent. */
  readonly rootId?: string;
  readonly appId?: string;
  /** Headers that are not Warren's: of the application, tracing. They travel with every attempt. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Failed attempts so far, oldest first, capped. */
  readonly history: readonly AttemptRecord[];
  /** Set by the worker when it gives the job up. */
  readonly death?: Death;
}

/** Policy given at enqueue. */
export interface OwnPolicy {
  readonly maxAttempts?: number;
  readonly timeoutMs?: number;
  readonly ttlMs?: number;
  readonly backoff?: PortableBackoff;
}

/**
 * Why nobody will retry a job by itself. `exhausted`: attempts used up. `terminated`: the handler said so.
 * `expired`: deadline or ttl passed. `unreachable`: the broker could not take it back. `poison`: it came back over
 * the delivery limit without an outcome. `rejected`: its message, payload or signature is invalid. `displaced`: its
 * queue was full and made room for another job.
 */
export type FailureReason =
  'exhausted' | 'terminated' | 'expired' | 'unreachable' | 'poison' | 'rejected' | 'displaced';

export const FAILURE_REASONS: readonly FailureReason[] = [
  'exhausted',
  'terminated',
  'expired',
  'unreachable',
  'poison',
  'rejected',
  'displaced',
];

export interface Death {
  readonly reason: FailureReason;
  /** Epoch milliseconds. */
  readonly failedAt: number;
  /** Name and message of the last error, one line. */
  readonly error: string;
}

/** The message that asks for the next attempt, not before `notBefore`. */
export function withNextAttempt(
  envelope: Envelope,
  next: { readonly notBefore: number; readonly history: readonly AttemptRecord[]; readonly token: string },
): Envelope {
  return { ...envelope, ...next, attempt: envelope.attempt + 1, generation: envelope.generation + 1 };
}

/** The message that asks for the same attempt again, not before `notBefore`. */
export function withSnooze(
  envelope: Envelope,
  next: { readonly notBefore: number; readonly token: string },
): Envelope {
  return { ...envelope, ...next, generation: envelope.generation + 1 };
}

/** The message kept in the dead letters. */
export function withDeath(
  envelope: Envelope,
  last: { readonly death: Death; readonly history: readonly AttemptRecord[]; readonly token: string },
): Envelope {
  return { ...envelope, ...last, generation: envelope.generation + 1 };
}

/**
 * A dead letter back in its queue, as if enqueued now: attempts reset, id kept, due at once. Its history and its
 * own deadline go; ttl and the handler's deadline count from now.
 */
export function withRequeue(
  envelope: Envelope,
  next: { readonly now: number; readonly token: string },
): Envelope {
  const { death: _death, notBefore: _notBefore, deadlineAt: _deadlineAt, ...rest } = envelope;
  return {
    ...rest,
    attempt: 1,
    enqueuedAt: next.now,
    generation: envelope.generation + 1,
    token: next.token,
    history: [],
  };
}
