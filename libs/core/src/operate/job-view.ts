import type { FailureReason } from '../job/envelope.js';
import type { JobState } from '../job/states.js';
import type { ErrorDescription } from '../kernel/errors/index.js';
import { readNotKept } from '../payload/remembered.js';
import type { EndedAttempt, JobRecord, LogLine } from '../ports/job-record.js';

/** A job as the job store remembers it, for those who read: values instead of JSON text, and Dates. */
export interface Job {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly state: JobState;
  /** Of a failed job. */
  readonly reason: FailureReason | undefined;
  /** Undefined: it was larger than `maxRememberedBytes`. */
  readonly payload: unknown;
  /** Of a completed job: what its handler returned, as JSON carried it. */
  readonly result: unknown;
  /** Why a completed job has no result here: it was too large, or no JSON. */
  readonly resultNotKept: string | undefined;
  /** Of the last attempt that failed. */
  readonly error: ErrorDescription | undefined;
  /** What the handler last said with `job.progress()`. */
  readonly progress: unknown;
  readonly createdAt: Date;
  /** When it was or will be due, where that was not at once. */
  readonly dueAt: Date | undefined;
  /** Start of the run that goes on, or of the last. */
  readonly startedAt: Date | undefined;
  /** End of the last run or of the job; undefined while it runs. */
  readonly endedAt: Date | undefined;
  /** When it came into its state. */
  readonly changedAt: Date;
  /** Attempts spent, with the one that runs. */
  readonly attempt: number;
  readonly maxAttempts: number | undefined;
  /** Of the run that goes on, or of the last. */
  readonly worker: string | undefined;
  /** Level of its queue; undefined: the normal one. */
  readonly priority: number | undefined;
  readonly correlationId: string | undefined;
  /** Of the job whose handler enqueued this one; undefined: no handler did. */
  readonly parentId: string | undefined;
  /** Of the first job of that line; undefined where there is no parent. */
  readonly rootId: string | undefined;
  readonly tags: readonly string[];
  /** Those that ended, oldest first. */
  readonly attempts: readonly JobAttempt[];
  /** The newest lines of `job.logger`, oldest first. */
  readonly lines: readonly JobLine[];
  /** Of a cancelled job, and of one that runs and is asked to end. */
  readonly cancellation: JobCancellation | undefined;
}

export interface JobAttempt {
  /** From 1. */
  readonly number: number;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly worker: string;
  /** `lost`: its worker died or lost its channel; `endedAt` is when that was seen. */
  readonly outcome: EndedAttempt['outcome'];
  readonly error: ErrorDescription | undefined;
}

export interface JobLine {
  readonly at: Date;
  readonly level: LogLine['level'];
  readonly text: string;
}

export interface JobCancellation {
  readonly at: Date;
  readonly reason: string | undefined;
  readonly by: string | undefined;
}

export function jobView(record: JobRecord): Job {
  const { id, type, queue, state, reason, error, attempt, maxAttempts, worker, cancellation } = record;
  const result = valueOf(record.result);
  const resultNotKept = readNotKept(result);
  return {
    id,
    type,
    queue,
    state,
    reason,
    payload: valueOf(record.payload),
    result: resultNotKept === undefined ? result : undefined,
    resultNotKept,
    error,
    progress: valueOf(record.progress),
    createdAt: new Date(record.createdAt),
    dueAt: dateOf(record.dueAt),
    startedAt: dateOf(record.startedAt),
    endedAt: dateOf(record.endedAt),
    changedAt: new Date(record.changedAt),
    attempt,
    maxAttempts,
    worker,
    priority: record.priority,
    correlationId: record.correlationId,
    parentId: record.parentId,
    rootId: record.rootId,
    tags: record.tags,
    attempts: record.attempts.map((ended) => ({
      ...ended,
      startedAt: new Date(ended.startedAt),
      endedAt: new Date(ended.endedAt),
      error: ended.error,
    })),
    lines: record.lines.map(({ at, level, text }) => ({ at: new Date(at), level, text })),
    cancellation: cancellation && { ...cancellation, at: new Date(cancellation.at) },
  };
}

function dateOf(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}

function valueOf(json: string | undefined): unknown {
  return json === undefined ? undefined : (JSON.parse(json) as unknown);
}
