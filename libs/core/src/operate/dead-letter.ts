import type { AttemptRecord } from '../job/attempt.js';
import type { FailureReason } from '../job/envelope.js';

/** A job nobody will retry by itself. */
export interface DeadLetter {
  /** Undefined for a message of another program that has none; such a one is reached with `all: true` only. */
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly queue: string;
  readonly reason: FailureReason;
  /** Name and message of the last error; empty when the broker itself put it there. */
  readonly error: string;
  /** Undefined when the broker itself put it there. */
  readonly failedAt: Date | undefined;
  readonly enqueuedAt: Date | undefined;
  /** Attempts made. */
  readonly attempts: number;
  /** Failed attempts, oldest first, capped. */
  readonly history: readonly AttemptRecord[];
  readonly headers: Readonly<Record<string, unknown>>;
  /** The payload's bytes, as they came. */
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
}
