import type { JobEvent, JobState } from '../../job/states.js';
import type { JobRecord } from '../../ports/job-record.js';
import type { Claim, Ending, FinishAnswer, Keep, RecordedOutcome } from '../../ports/store-records.js';
import { withAttempt } from './claiming.js';
import { moved, type Entry } from './entry.js';

interface Step {
  readonly event: JobEvent;
  readonly to: JobState;
}

const STEPS: Readonly<Record<Ending['outcome']['kind'], Step>> = {
  completed: { event: 'complete', to: 'completed' },
  retry: { event: 'retry', to: 'retrying' },
  snoozed: { event: 'snooze', to: 'scheduled' },
  failed: { event: 'fail', to: 'failed' },
  cancelled: { event: 'cancel', to: 'cancelled' },
  interrupted: { event: 'giveBack', to: 'queued' },
};

/** The claim that the end of an unanswered one stands for. */
export function claimBefore({ fence, type, queue, at, attempt }: Ending): Claim {
  const startedAt = attempt?.startedAt ?? at;
  return {
    id: fence.id,
    type,
    queue,
    generation: fence.generation,
    token: fence.token,
    attempt: attempt?.number ?? 1,
    maxAttempts: undefined,
    createdAt: startedAt,
    at: startedAt,
    worker: attempt?.worker ?? '',
    timeoutMs: undefined,
  };
}

/** Whether the newest run of the job is the one that speaks. */
export function isNewestRun({ record, owner, run }: Entry, fence: Ending['fence']): boolean {
  const isOwner = owner !== undefined && owner.token === fence.token;
  return isOwner && record.generation === fence.generation && run === fence.run;
}

export interface Ended {
  readonly entry: Entry;
  readonly answer: FinishAnswer;
  /** How long to remember it, if that was the end of the job. */
  readonly keep: Keep;
}

/** The end of the run that goes on. */
export function ended(entry: Entry, ending: Ending): Ended {
  const cancelKeep = ending.outcome.kind === 'completed' ? undefined : entry.cancelKeep;
  const outcome: Ending['outcome'] = cancelKeep ? { kind: 'cancelled' } : ending.outcome;
  const step = STEPS[outcome.kind];
  const record = moved(entry.record, { ...step, at: ending.at }, changesOf(entry.record, ending, outcome));
  const owner = { token: ending.fence.token, outcome: recorded(outcome) };
  const next = { ...entry, record, owner, cancelKeep: undefined };
  return { entry: next, answer: answerFor(record, ending), keep: cancelKeep ?? ending.keep };
}

/** What a run hears that ended before, and says so again. */
export function answerFor(record: JobRecord, { outcome }: Ending): FinishAnswer {
  const { cancellation, state } = record;
  const isOverruled = outcome.kind !== 'completed' && outcome.kind !== 'cancelled';
  if (state !== 'cancelled' || !cancellation || !isOverruled) return { kind: 'recorded' };
  return { kind: 'cancelled', cancellation };
}

function changesOf(record: JobRecord, { at, attempt, outcome: sent }: Ending, outcome: Ending['outcome']) {
  const isSpent = attempt !== undefined && outcome.kind !== 'snoozed' && outcome.kind !== 'interrupted';
  const error = 'error' in sent ? sent.error : undefined;
  return {
    endedAt: at,
    attempt: isSpent ? record.attempt : Math.max(0, record.attempt - 1),
    ...(attempt && {
      startedAt: attempt.startedAt,
      worker: attempt.worker,
      attempts: withAttempt(record.attempts, attempt),
    }),
    ...(error && { error }),
    ...('delayMs' in outcome && { dueAt: at + outcome.delayMs }),
    ...(outcome.kind === 'completed' && { result: outcome.result, cancellation: undefined }),
    ...(outcome.kind === 'failed' && { reason: outcome.reason }),
    ...(outcome.kind === 'cancelled' && {
      cancellation: record.cancellation ?? { at, reason: undefined, by: undefined },
    }),
  };
}

/** What its message is answered when it comes again; one that was interrupted runs again. */
function recorded(outcome: Ending['outcome']): RecordedOutcome | undefined {
  if (outcome.kind === 'completed') return { kind: 'completed' };
  return outcome.kind === 'interrupted' ? undefined : outcome;
}
