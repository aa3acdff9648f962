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
  /** The broker did not take it: it never ran and never will. */
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
  /** By an operator: a new message, due at once. */
  | 'reopen'
  /** Another enqueue of its unique key takes its place in the same job. */
  | 'replace';

type Row = Partial<Record<JobEvent, readonly JobState[]>>;

/**
 * Each state, what may happen in it, and the states that this may lead to. What is not named changes nothing. `claim`
 * of a finished job is for a job whose end was recorded, but whose message the broker still has: the store answers,
 * and the state stays.
 */
export const TRANSITIONS: Readonly<Record<JobState, Row>> = {
  scheduled: {
    claim: ['active'],
    fail: ['failed'],
    snooze: ['scheduled'],
    cancel: ['cancelled'],
    reopen: ['queued'],
    replace: ['scheduled', 'queued'],
    enqueueFail: ['enqueue_failed'],
  },
  blocked: { cancel: ['cancelled'], reopen: ['queued'], enqueue: ['scheduled', 'queued'] },
  queued: {
    claim: ['active'],
    fail: ['failed'],
    snooze: ['scheduled'],
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
    fail: ['failed'],
    snooze: ['scheduled'],
    cancel: ['cancelled'],
    reopen: ['queued'],
  },
  completed: { reopen: ['queued'] },
  failed: { reopen: ['queued'] },
  cancelled: { reopen: ['queued'] },
  enqueue_failed: { enqueue: ['scheduled', 'queued'], reopen: ['queued'] },
};

/** Whether nothing will happen to the job by itself any more. */
export function isFinal(state: JobState): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled' || state === 'enqueue_failed';
}

export function mayLead(from: JobState, event: JobEvent, to: JobState): boolean {
  return TRANSITIONS[from][event]?.includes(to) ?? false;
}
