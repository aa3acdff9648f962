import type { FailureReason } from '../job/envelope.js';
import type { JobState } from '../job/states.js';
import type { ErrorDescription } from '../kernel/errors/index.js';

/**
 * What remembers jobs; it never moves them. It is cut into facets: a store may lack some, and a feature that needs a
 * missing one is refused at boot. Every facet passes its part of `jobStoreContract` of `nestjs-warren/testing`.
 *
 * All instants are epoch milliseconds, given by the caller: a store has no clock but for expiry.
 */
export interface JobStore {
  /** `memory`, `redis`. */
  readonly kind: string;
  readonly records: RecordStore;
  readonly reads?: ReadStore;
  readonly unique?: UniqueStore;

  /**
   * Connects. Resolves when the first try succeeded, or failed in a way that may heal (the store then goes on trying
   * by itself; its calls throw WARREN_STORE_UNAVAILABLE meanwhile).
   * @throws WarrenError WARREN_ACCESS_REFUSED when user or password are refused.
   */
  start(): Promise<void>;
  status(): StoreStatus;
  /** Ends what it opened itself; a client that was given stays open. */
  close(): Promise<void>;
}

export type StoreFacet = 'records' | 'reads' | 'unique';

export interface StoreStatus {
  readonly state: 'connecting' | 'up' | 'down' | 'closed';
  /** One line for humans: what it is, where (without credentials), what is wrong. */
  readonly text: string;
}

/**
 * Which run of a job speaks. A job's messages are counted by its generation; the token names one publish; the run
 * counts how often the store gave that message to a handler. A write of an older run changes nothing.
 */
export interface Fence {
  readonly id: string;
  readonly generation: number;
  /** Undefined: a message of another program without an identity. */
  readonly token: string | undefined;
  /** Of the claim's answer. */
  readonly run: number;
}

/**
 * Writes of the pipeline. Each takes many at once and answers in their order; each item is atomic by itself. A
 * call may be repeated after an error without harm.
 * @throws WarrenError WARREN_STORE_UNAVAILABLE when the store does not answer in time.
 */
export interface RecordStore {
  /**
   * Jobs about to be published. One that is known already keeps what it has, unless it is `enqueue_failed`: then it
   * begins anew.
   */
  enqueued(jobs: readonly NewJob[]): Promise<void>;

  /** The broker did not take it. Nothing happens to a job that has been claimed. */
  enqueueFailed(
    failures: ReadonlyArray<{
      readonly id: string;
      readonly at: number;
      readonly error: ErrorDescription;
      readonly keep: Keep;
    }>,
  ): Promise<void>;

  /** Deliveries that arrived: may their handlers run? A job that the store does not know begins here. */
  claim(claims: readonly Claim[]): Promise<ClaimAnswer[]>;

  /** What became of a run, before the broker is told. */
  finished(endings: readonly Ending[]): Promise<FinishAnswer[]>;

  /** Progress and log lines of runs. A report of an older run changes nothing. */
  reported(reports: readonly Report[]): Promise<void>;

  /**
   * Asks for the end of a job. One that waits is `cancelled` now: its message leaves unseen when it arrives. One that
   * runs is marked, and ends `cancelled` when its handler does, unless that completes it.
   */
  cancel(id: string, cancellation: Cancellation, keep: Keep): Promise<CancelAnswer>;

  /**
   * Opens a job that is in one of the states `from` for a new message: raises its generation, so that older messages
   * of it are forgotten when they arrive. With `attempt`, the attempt count begins there.
   */
  reopen(id: string, opening: Reopening): Promise<ReopenAnswer>;

  /** Forgets a job that is not active, whatever it says. Its message, if there is one, leaves unseen for `tombstoneMs`. */
  discard(id: string, tombstoneMs: number): Promise<DiscardAnswer>;
}

/** How long a finished job is remembered, in milliseconds, and how many of its type and end at most. 0 ms: not at all. */
export interface Keep {
  readonly ms: number;
  /** Undefined: any number. */
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
  readonly tags: readonly string[];
  /** JSON text; undefined: too large to be kept, or not to be. */
  readonly payload: string | undefined;
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
  | { readonly kind: 'cancelled'; readonly cancellation: Cancellation };

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
        /** JSON text; undefined: none is kept. */ readonly result: string | undefined;
      }
    | Exclude<RecordedOutcome, { readonly kind: 'completed' }>
    /** By shutdown: the same attempt begins again. */
    | { readonly kind: 'interrupted'; readonly why: string };
  /** Undefined: it was turned away before its handler ran. */
  readonly attempt: EndedAttempt | undefined;
  /** For an end that is final. */
  readonly keep: Keep;
}

export interface EndedAttempt {
  /** From 1. */
  readonly number: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly worker: string;
  readonly outcome: 'completed' | 'retry' | 'snoozed' | 'failed' | 'cancelled' | 'interrupted';
  readonly error?: ErrorDescription;
}

export type FinishAnswer =
  | { readonly kind: 'recorded' }
  /** A newer message or run owns the job: this one must change nothing, at the broker either. */
  | { readonly kind: 'fenced' }
  /** It was to run again, but somebody cancelled it meanwhile: recorded as `cancelled`. */
  | { readonly kind: 'cancelled'; readonly cancellation: Cancellation };

export interface Report {
  readonly fence: Fence;
  readonly at: number;
  /** JSON text. */
  readonly progress?: string;
  readonly lines?: readonly LogLine[];
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

export type CancelAnswer =
  /** It waited, and will not run. */
  | { readonly kind: 'cancelled' }
  /** It runs on `worker`: its signal must be aborted. */
  | { readonly kind: 'asked'; readonly worker: string }
  | { readonly kind: 'final'; readonly state: JobState }
  | { readonly kind: 'unknown' };

export interface Reopening {
  readonly at: number;
  readonly from: readonly JobState[];
  /** Undefined: due at once. */
  readonly dueAt: number | undefined;
  /** Undefined: as it was. */
  readonly attempt: number | undefined;
  /** JSON text that replaces the payload; undefined: as it was. */
  readonly payload: string | undefined;
}

export type ReopenAnswer =
  /** With the generation for the new message. */
  | { readonly kind: 'reopened'; readonly job: JobRecord }
  | { readonly kind: 'refused'; readonly state: JobState }
  | { readonly kind: 'unknown' };

export type DiscardAnswer = 'discarded' | 'active' | 'unknown';

/** A job as it is remembered. */
export interface JobRecord {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly state: JobState;
  /** Of a failed job. */
  readonly reason: FailureReason | undefined;
  readonly generation: number;
  /** JSON text. */
  readonly payload: string | undefined;
  /** JSON text. */
  readonly result: string | undefined;
  /** Of the last attempt that failed. */
  readonly error: ErrorDescription | undefined;
  /** JSON text. */
  readonly progress: string | undefined;
  readonly createdAt: number;
  /** When it was or will be due. */
  readonly dueAt: number | undefined;
  /** Of the last attempt. */
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  /** When it came into its state. */
  readonly changedAt: number;
  /** The attempt that runs, or the last; 0 before the first. */
  readonly attempt: number;
  readonly maxAttempts: number | undefined;
  /** Of the run that goes on, or the last. */
  readonly worker: string | undefined;
  readonly priority: number | undefined;
  readonly uniqueKey: string | undefined;
  readonly correlationId: string | undefined;
  readonly tags: readonly string[];
  /** Ended attempts, oldest first; the newest `ATTEMPTS_KEPT`. */
  readonly attempts: readonly EndedAttempt[];
  /** The newest `LINES_KEPT`, oldest first. */
  readonly lines: readonly LogLine[];
  readonly cancellation: Cancellation | undefined;
}

export const ATTEMPTS_KEPT = 50;
export const LINES_KEPT = 100;

export interface ReadStore {
  /** In the order of the ids; undefined for those that are not known. */
  get(ids: readonly string[]): Promise<Array<JobRecord | undefined>>;

  /**
   * Jobs that match, the newest first by creation. It looks at a bounded number of jobs a call, so a page may hold
   * fewer than `limit` (or none) and still have a `next`.
   * @throws WarrenError WARREN_BAD_CURSOR for a cursor that was not made here.
   */
  find(
    query: JobQuery,
    page: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<JobPage>;

  /** How many of each state, by queue. */
  counts(): Promise<
    ReadonlyArray<{ readonly queue: string; readonly state: JobState; readonly count: number }>
  >;

  /**
   * Calls back when a job has come to an end (or may have: look), until the returned function is called. No callback
   * comes for an end before the promise resolved.
   */
  watch(id: string, onEnd: () => void): Promise<() => void>;
}

export interface JobQuery {
  readonly states?: readonly JobState[];
  readonly queue?: string;
  /** Exact, or a prefix that ends in a colon. */
  readonly type?: string;
  readonly tag?: string;
  readonly reason?: FailureReason;
  /** At or after. */
  readonly createdAfter?: number;
  /** Before. */
  readonly createdBefore?: number;
}

export interface JobPage {
  readonly jobs: readonly JobRecord[];
  /** Give it as `cursor` for the next page; undefined: there is none. */
  readonly next: string | undefined;
}

/** Keys that one job at a time holds. */
export interface UniqueStore {
  /** Takes the key for a job, for `ttlMs` at most. Atomic over all processes. */
  reserve(
    key: string,
    holder: string,
    ttlMs: number,
  ): Promise<{ readonly holder: string; readonly isNew: boolean }>;
  /** Frees it, if that job still holds it. */
  release(key: string, holder: string): Promise<void>;
}
