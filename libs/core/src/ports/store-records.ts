import type { FailureReason } from '../job/envelope.js';
import type { JobState } from '../job/states.js';
import type { ErrorDescription } from '../kernel/errors/index.js';
import type { Cancellation, EndedAttempt, JobRecord, LogLine } from './job-record.js';

/**
 * Writes of the pipeline. Each takes many at once, does them one after the other and answers in their order; each
 * item is atomic by itself. A call may be repeated after an error without harm (log lines may then be there twice).
 * What a call may do to a job in which
 * state is in the table of `job/states.ts`; all else changes nothing.
 * @throws WarrenError WARREN_STORE_UNAVAILABLE when the store does not answer in time; WARREN_STORE_REFUSED when it is
 * there and refused one of the items: those beside it may have been done.
 */
export interface RecordStore {
  /**
   * Jobs about to be published. One that is known already keeps what it has, unless it is `enqueue_failed`: then it
   * begins anew, as does one that was discarded. One that began with its claim, as this call was late, keeps its state
   * and gets what no claim says: due instant, priority, unique key, correlation id, parent and root,
   * tags, payload, what it carries.
   */
  enqueued(jobs: readonly NewJob[]): Promise<void>;

  /** The broker did not take a message. Nothing happens when it has been claimed, or a newer one is known. */
  enqueueFailed(failures: readonly EnqueueFailure[]): Promise<void>;

  /**
   * Deliveries that arrived: may their handlers run? The first of these that applies:
   *
   * - the job was discarded, its tombstone stands, and the message is no newer than the one after the known: `discarded`
   * - the job is forgotten, and was cancelled while it waited: `cancelled`; or was opened for a newer message:
   *   `duplicate`. Both for `LATE_MESSAGE_MS` at least after its message was due, whatever was to be kept of the job.
   * - the job is not known: it begins here, and runs
   * - a newer message is known: `duplicate`
   * - the job is `cancelled`: `cancelled`, or `ended` for the very message that ended so
   * - another message of the same generation was claimed before: `duplicate`
   * - this very message was claimed and its end recorded: `ended`
   * - somebody asked for its cancellation while a run went on: the job is `cancelled` now, and so is the answer
   * - else it runs. A run that was still open is told among the attempts as `lost`.
   */
  claim(claims: readonly Claim[]): Promise<ClaimAnswer[]>;

  /**
   * What became of a run, before the broker is told. Repeating it gets the same answer. With run 0, and for a job that
   * is not known (the store was emptied), the message is claimed first, without an open run of that very message
   * counting as lost; when it may not run, the end is answered by `recorded` where the claim says `ended`, by `cancelled`
   * where it says that, and else by `fenced`.
   */
  finished(endings: readonly Ending[]): Promise<FinishAnswer[]>;

  /** Progress and log lines of runs. A report of any but the newest run changes nothing; that may have ended. */
  reported(reports: readonly Report[]): Promise<void>;

  /**
   * Asks for the end of a job. One that waits is `cancelled` now: its message leaves unseen when it arrives. One that
   * runs is marked, and ends `cancelled` when its handler does, unless that completes it. A second one changes nothing.
   * `keep` is for whenever the job ends so.
   */
  cancel(id: string, cancellation: Cancellation, keep: Keep): Promise<CancelAnswer>;

  /**
   * Opens a job that is in one of the states `from` (and that the table lets reopen or replace there) for a new
   * message, which the caller publishes. Raises its generation by 2, for the message after the known one may be on its
   * way, such as that of a retry: older ones are forgotten when they arrive. The end, its result and its cancellation
   * go; attempts, lines and the last error stay.
   */
  reopen(id: string, opening: Reopening): Promise<ReopenAnswer>;

  /**
   * Forgets a job that is not active. Its messages, if there are any, leave unseen for `tombstoneMs`: the known one, those
   * before it, and the one after it, which may be on its way. Newer ones, such as that of its dead letter that somebody
   * returned to its queue, begin the job anew. A job that is not known gets no tombstone.
   */
  discard(id: string, tombstoneMs: number): Promise<DiscardAnswer>;
}

/**
 * For how long after it was due a message is expected that must leave unseen, as its job was cancelled or opened for a
 * newer one: one day, for queues that stand still over night.
 */
export const LATE_MESSAGE_MS = 86_400_000;

/**
 * For how long a job that has not ended is remembered after it was due, or after its last change where that is later:
 * 15 days, and at most a day more. Its message may be gone (expired, dead-lettered by the broker itself) or its end never be
 * told; by default queues keep messages for 14 days.
 */
export const UNFINISHED_KEPT_MS = 15 * 86_400_000;

/**
 * Which run of a job speaks. A job's messages are counted by its generation; the token names one publish; the run
 * counts how often the store gave a message of the job to a handler. A write of an older run changes nothing.
 */
export interface Fence {
  readonly id: string;
  readonly generation: number;
  /** Undefined: of another program. Those of one generation count as the same message. */
  readonly token: string | undefined;
  /** Of the claim's answer; 0: it was not answered. */
  readonly run: number;
}

/** How long a finished job is remembered, and how many at most. */
export interface Keep {
  /**
   * Milliseconds from the call that ends it, by the store's own clock. 0: not at all; then the message of its last run
   * runs again when the broker hands it out again.
   */
  readonly ms: number;
  /**
   * Jobs of its type and final state at most, those that ended last; undefined: any number. 0: not at all.
   */
  readonly count: number | undefined;
}

export interface NewJob {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly generation: number;
  readonly createdAt: number;
  /** Undefined: due at once, and the job is `queued`; else `scheduled`. */
  readonly dueAt: number | undefined;
  readonly maxAttempts: number | undefined;
  readonly priority: number | undefined;
  readonly uniqueKey: string | undefined;
  readonly correlationId: string | undefined;
  /** Of the job whose handler enqueued this one. */
  readonly parentId: string | undefined;
  /** Of the first job of that line. */
  readonly rootId: string | undefined;
  readonly tags: readonly string[];
  /** JSON text; undefined: too large to be kept, or not to be. */
  readonly payload: string | undefined;
  /** JSON text: what a new message of the job carries beside its payload. Kept as given; a store does not look into it. */
  readonly carried: string | undefined;
}

export interface EnqueueFailure {
  readonly id: string;
  /** Of the message that was not taken. */
  readonly generation: number;
  readonly at: number;
  readonly error: ErrorDescription;
  readonly keep: Keep;
}

export interface Claim {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly generation: number;
  readonly token: string | undefined;
  readonly attempt: number;
  readonly maxAttempts: number | undefined;
  readonly createdAt: number;
  readonly at: number;
  readonly worker: string;
  /** Longest that the run may take, for a reader to see that it is overdue; undefined: any time. */
  readonly timeoutMs: number | undefined;
}

export type ClaimAnswer =
  | { readonly kind: 'run'; readonly run: number }
  /** This very message ended before, and only the broker does not know: settle it so, without running it. */
  | { readonly kind: 'ended'; readonly outcome: RecordedOutcome }
  /** Another message of the job owns it now. */
  | { readonly kind: 'duplicate'; readonly generation: number }
  | {
      readonly kind: 'cancelled';
      readonly cancellation: Cancellation;
      /** Only where this claim ended it so. */
      readonly isNew?: true;
    }
  /** Somebody discarded the job: its message leaves unseen. */
  | { readonly kind: 'discarded' };

/** What an attempt ended in, as far as the broker must be told the same again. */
export type RecordedOutcome =
  | { readonly kind: 'completed' }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly error: ErrorDescription }
  | { readonly kind: 'snoozed'; readonly delayMs: number; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly error: ErrorDescription }
  | { readonly kind: 'cancelled' };

export interface Ending {
  readonly fence: Fence;
  readonly type: string;
  readonly queue: string;
  readonly at: number;
  readonly outcome:
    | {
        readonly kind: 'completed';
        /** JSON text; undefined: none is kept. */
        readonly result: string | undefined;
      }
    | Exclude<RecordedOutcome, { readonly kind: 'completed' }>
    /** By shutdown: the same attempt begins again. */
    | { readonly kind: 'interrupted'; readonly why: string };
  /** Undefined: it was turned away before its handler ran, and spends no attempt. */
  readonly attempt: EndedAttempt | undefined;
  /** For an end that is final. */
  readonly keep: Keep;
}

export type FinishAnswer =
  | { readonly kind: 'recorded' }
  /** A newer message or run owns the job: this one must change nothing, at the broker either. */
  | { readonly kind: 'fenced' }
  /** It did not complete, and somebody had cancelled it: recorded as `cancelled`. */
  | { readonly kind: 'cancelled'; readonly cancellation: Cancellation };

export interface Report {
  readonly fence: Fence;
  readonly at: number;
  /** JSON text. */
  readonly progress?: string;
  readonly lines?: readonly LogLine[];
}

export type CancelAnswer =
  /** It waited, and will not run. */
  | { readonly kind: 'cancelled' }
  /** It runs on `worker`: its signal must be aborted. Said again when asked again. */
  | { readonly kind: 'asked'; readonly worker: string }
  | { readonly kind: 'final'; readonly state: JobState }
  | { readonly kind: 'unknown' };

export interface Reopening {
  readonly at: number;
  readonly from: readonly JobState[];
  /** Undefined: due at once. */
  readonly dueAt: number | undefined;
  /** Attempt that the new message asks for, from 1: the job's `attempt` becomes one less. Undefined: as it was. */
  readonly attempt: number | undefined;
  /**
   * For the event `replace`: what takes the place of the payload, and of what a new message carries beside it.
   * Undefined: both stay, and the event is `reopen`.
   */
  readonly payload:
    | {
        /** JSON text; undefined: too large to be kept, or not to be. */
        readonly json: string | undefined;
        /** JSON text, as in `NewJob`; undefined: nothing. */
        readonly carried: string | undefined;
      }
    | undefined;
}

export type ReopenAnswer =
  /** With the generation for the new message. */
  | { readonly kind: 'reopened'; readonly job: JobRecord }
  | { readonly kind: 'refused'; readonly state: JobState }
  | { readonly kind: 'unknown' };

export type DiscardAnswer = 'discarded' | 'active' | 'unknown';
