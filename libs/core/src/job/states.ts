import type { FailureReason } from './envelope.js';

/** Where a job stands. */
export type JobState =
  /** Not yet due, for its first attempt or after a snooze. */
  | 'scheduled'
  /** Waits for other jobs. */
  | 'blocked'
  /** Waits for a worker. */
  | 'queued'
  /** Its handler runs. */
  | 'active'
  /** Its last attempt failed; it waits for the next. */
  | 'retrying'
  | 'completed'
  /** Nobody will retry it by itself; the reason says why. */
  | 'failed'
  | 'cancelled'
  /** The broker did not take it, or did not say so in time; a message that comes all the same makes it run. */
  | 'enqueue_failed';

export const JOB_STATES: readonly JobState[] = [
  'scheduled',
  'blocked',
  'queued',
  'active',
  'retrying',
  'completed',
  'failed',
  'cancelled',
  'enqueue_failed',
];

/** States in which nothing happens to a job by itself any more. */
export const FINAL_STATES = ['completed', 'failed', 'cancelled', 'enqueue_failed'] as const;

export type FinalState = (typeof FINAL_STATES)[number];

/** Why a failed job failed. */
export type { FailureReason };

/** What can happen to a job, each told to the store by one call. */
export type JobEvent =
  | 'enqueue'
  | 'enqueueFail'
  | 'claim'
  | 'complete'
  | 'retry'
  | 'snooze'
  | 'fail'
  | 'cancel'
  | 'giveBack'
  /** By an operator: a new message, due at once or later. */
  | 'reopen'
  /** Another enqueue of its unique key takes its place in the same job. */
  | 'replace';

type Row = Partial<Record<JobEvent, readonly JobState[]>>;

/**
 * Each state, what may happen in it, and the states that this may lead to. What is not named changes nothing.
 *
 * Every end of a run follows a claim. A claim opens a finished job only for a message that is newer than its end, as
 * an operator's requeue of a dead letter makes one; the message whose end was recorded is answered, and the state
 * stays. No message opens a cancelled job.
 */
export const TRANSITIONS: Readonly<Record<JobState, Row>> = {
  scheduled: {
    claim: ['active'],
    cancel: ['cancelled'],
    reopen: ['scheduled', 'queued'],
    replace: ['scheduled', 'queued'],
    enqueueFail: ['enqueue_failed'],
  },
  blocked: {
    enqueue: ['scheduled', 'queued'],
    cancel: ['cancelled'],
    reopen: ['scheduled', 'queued'],
  },
  queued: {
    claim: ['active'],
    cancel: ['cancelled'],
    replace: ['scheduled', 'queued'],
    enqueueFail: ['enqueue_failed'],
  },
  active: {
    claim: ['active'],
    complete: ['completed'],
    retry: ['retrying'],
    snooze: ['scheduled'],
    fail: ['failed'],
    cancel: ['cancelled'],
    giveBack: ['queued'],
  },
  retrying: {
    claim: ['active'],
    cancel: ['cancelled'],
    reopen: ['scheduled', 'queued'],
  },
  completed: { claim: ['active'], reopen: ['scheduled', 'queued'] },
  failed: { claim: ['active'], reopen: ['scheduled', 'queued'] },
  cancelled: { reopen: ['scheduled', 'queued'] },
  enqueue_failed: {
    enqueue: ['scheduled', 'queued'],
    claim: ['active'],
    reopen: ['scheduled', 'queued'],
  },
};

/** Whether nothing will happen to the job by itself any more. */
export function isFinal(state: JobState): state is FinalState {
  return state === 'completed' || state === 'failed' || state === 'cancelled' || state === 'enqueue_failed';
}

/** Whether the table has that step. */
export function mayLead(from: JobState, event: JobEvent, to: JobState): boolean {
  return TRANSITIONS[from][event]?.includes(to) ?? false;
}
