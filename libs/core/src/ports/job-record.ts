import type { FailureReason } from '../job/envelope.js';
import type { JobState } from '../job/states.js';
import type { ErrorDescription } from '../kernel/errors/index.js';

/** A job as it is remembered. */
export interface JobRecord {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly state: JobState;
  /** Of a failed job. */
  readonly reason: FailureReason | undefined;
  /** Of its newest message that the store was told of. */
  readonly generation: number;
  /** JSON text. */
  readonly payload: string | undefined;
  /** As it was given: what a new message of the job carries beside its payload. */
  readonly carried: string | undefined;
  /** JSON text. */
  readonly result: string | undefined;
  /** Of the last attempt that failed. */
  readonly error: ErrorDescription | undefined;
  /** JSON text. */
  readonly progress: string | undefined;
  readonly createdAt: number;
  /** When it was or will be due. */
  readonly dueAt: number | undefined;
  /** When the run that goes on, or the last, started. */
  readonly startedAt: number | undefined;
  /** When the last run or the job ended; undefined while it runs, and when it was opened again. */
  readonly endedAt: number | undefined;
  /** When it came into its state. */
  readonly changedAt: number;
  /**
   * Attempts spent, with the one that runs: the message that waits asks for one more. A run that was snoozed,
   * interrupted or turned away before its handler spends none.
   */
  readonly attempt: number;
  readonly maxAttempts: number | undefined;
  /** Of the run that goes on, or the last. */
  readonly worker: string | undefined;
  /** Longest that the run may take; a reader sees by it that one is overdue. Undefined: any time. */
  readonly timeoutMs: number | undefined;
  /** Level of its queue; undefined: the normal one. */
  readonly priority: number | undefined;
  readonly uniqueKey: string | undefined;
  readonly correlationId: string | undefined;
  /** Of the job whose handler enqueued this one. */
  readonly parentId: string | undefined;
  /** Of the first job of that line. */
  readonly rootId: string | undefined;
  readonly tags: readonly string[];
  /** Ended attempts, oldest first; the newest `ATTEMPTS_KEPT`. */
  readonly attempts: readonly EndedAttempt[];
  /** The newest `LINES_KEPT`, oldest first. */
  readonly lines: readonly LogLine[];
  /** Of a cancelled job, and of one that runs and is asked to end. */
  readonly cancellation: Cancellation | undefined;
}

/** What `JobRecord.attempts` holds at most. */
export const ATTEMPTS_KEPT = 50;
/** What `JobRecord.lines` holds at most. */
export const LINES_KEPT = 100;

export interface EndedAttempt {
  /** From 1. */
  readonly number: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly worker: string;
  readonly outcome:
    | 'completed'
    | 'retry'
    | 'snoozed'
    | 'failed'
    | 'cancelled'
    | 'interrupted'
    /** Its worker died or lost its channel, as its message came again: `endedAt` is when that was seen. */
    | 'lost';
  readonly error?: ErrorDescription;
}

export interface LogLine {
  readonly at: number;
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly text: string;
}

export interface Cancellation {
  readonly at: number;
  readonly reason: string | undefined;
  /** Who asked; undefined: nobody said. */
  readonly by: string | undefined;
}
