import type { ErrorDescription } from '../kernel/errors/index.js';
import type { FailureReason } from '../job/envelope.js';

/**
 * The closed list of facts that observers are told: metrics, events, log lines and tests wait on the same words.
 * Each is told once, after it is true; those that end a job, after the broker has the outcome.
 */

interface Told {
  /** Epoch milliseconds. */
  readonly at: number;
}

interface OfJob extends Told {
  readonly jobId: string;
  readonly type: string;
  readonly queue: string;
  readonly attempt: number;
  readonly correlationId: string | undefined;
}

interface OfAttempt extends OfJob {
  readonly startedAt: number;
  readonly durationMs: number;
}

export interface JobInProgress {
  readonly type: string;
  readonly jobId: string;
  /** Class and method of its handler. */
  readonly place: string;
}

export type JobMoment =
  | (OfJob & { readonly kind: 'enqueued'; readonly notBefore: number | undefined })
  | (OfJob & { readonly kind: 'enqueueFailed'; readonly error: ErrorDescription })
  | (OfJob & { readonly kind: 'started'; readonly redelivered: boolean; readonly latenessMs: number })
  | (OfJob & { readonly kind: 'progressed'; readonly progress: unknown })
  | (OfAttempt & { readonly kind: 'completed'; readonly result: unknown })
  | (OfAttempt & {
      readonly kind: 'retryScheduled';
      readonly delayMs: number;
      readonly maxAttempts: number;
      readonly error: ErrorDescription;
    })
  | (OfAttempt & { readonly kind: 'snoozed'; readonly delayMs: number; readonly reason: string })
  | (OfAttempt & {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      readonly maxAttempts: number;
      readonly error: ErrorDescription;
    })
  | (OfAttempt & {
      readonly kind: 'cancelled';
      readonly reason: string | undefined;
      readonly by: string | undefined;
    })
  /** Another message of the job owns it, or it was discarded: this one left. */
  | (OfAttempt & { readonly kind: 'duplicate'; readonly why: string })
  | (OfAttempt & { readonly kind: 'interrupted'; readonly why: string })
  | (OfAttempt & { readonly kind: 'lost'; readonly why: string })
  /** The outcome was decided, but the broker did not take it: the delivery was given back and runs again. */
  | (OfAttempt & {
      readonly kind: 'settleFailed';
      readonly outcome: string;
      readonly error: ErrorDescription;
    });

export type ProcessMoment =
  /** A message that is no job, put into the dead letters. */
  | (Told & {
      readonly kind: 'refused';
      readonly queue: string;
      readonly messageId: string | undefined;
      readonly error: ErrorDescription;
    })
  /** The job store answers again. */
  | (Told & { readonly kind: 'storeUp'; readonly late: number; readonly dropped: number })
  /** The job store is out of reach: jobs go on without it. */
  | (Told & { readonly kind: 'storeDown'; readonly error: ErrorDescription })
  /** The job store does not say what limits over all workers allow: jobs that have some wait, or run where they may. */
  | (Told & { readonly kind: 'limitsUnknown'; readonly error: ErrorDescription })
  /** It says so again. */
  | (Told & {
      readonly kind: 'limitsKnown';
      readonly forMs: number;
      /** Jobs that ran without their limits meanwhile: `limitsOnStoreDown: 'allow'`. */
      readonly letIn: number;
      /** Deliveries that went back to the broker for some seconds. */
      readonly putOff: number;
    })
  | (Told & { readonly kind: 'workerStarted'; readonly queues: readonly string[] })
  /** Takes no new jobs any more; `running` attempts may go on for `limitMs`. */
  | (Told & { readonly kind: 'workerDraining'; readonly running: number; readonly limitMs: number })
  | (Told & {
      readonly kind: 'workerDrained';
      readonly finished: number;
      readonly givenBack: number;
      readonly cut: number;
      /** Handlers that still run although their attempt was given up, those just cut included. */
      readonly zombies: number;
    })
  /** Nothing ran for at least a second while these jobs were in progress. */
  | (Told & {
      readonly kind: 'eventLoopBlocked';
      readonly blockedMs: number;
      /** CPU time that the process used meanwhile, in milliseconds. */
      readonly cpuMs: number;
      /** What the connections to the broker bear; undefined where there are none. */
      readonly connectionHeartbeatMs: number | undefined;
      /** At least one; those that ended meanwhile first. */
      readonly jobs: readonly JobInProgress[];
    });

export type Moment = JobMoment | ProcessMoment;
export type MomentKind = Moment['kind'];
export type MomentOf<Kind extends MomentKind> = Extract<Moment, { readonly kind: Kind }>;

/** Told and not awaited; what it throws is logged once, and changes nothing. */
export type Observer = (moment: Moment) => void;
