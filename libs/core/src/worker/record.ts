import type { Envelope } from '../job/envelope.js';
import type { JobOutcome } from '../job/outcome.js';
import { keepOf, type Policy } from '../job/policy.js';
import type { FinalState } from '../job/states.js';
import type { Clock } from '../kernel/clock.js';
import type { ErrorDescription } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import { notKeptMarker, rememberedText } from '../payload/remembered.js';
import type { EndedAttempt } from '../ports/job-record.js';
import type { JobRecords } from '../ports/job-records.js';
import type { Ending, FinishAnswer } from '../ports/store-records.js';
import type { Run } from './settle.js';

export interface RecordParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly workerName: string;
  readonly settings: { readonly maxRememberedBytes: number };
}

/**
 * Tells the store what became of a run, before the broker is told: a crash in between is answered by the record and
 * not by a second run. Undefined: it is not to be told.
 */
export function record(
  run: Run,
  outcome: JobOutcome,
  policy: Policy,
  storeRun: number,
  records: JobRecords,
  parts: RecordParts,
): Promise<FinishAnswer | undefined> | undefined {
  const { track } = policy;
  if (track === 'none' || (track === 'failures' && outcome.kind !== 'failed')) return undefined;
  const told = toldOutcome(run, outcome, parts);
  if (!told) return undefined;
  const { id, type, queue, generation, token } = run.envelope;
  const at = parts.clock.now();
  return records.finished({
    fence: { id, generation, token, run: storeRun },
    type,
    queue,
    at,
    outcome: told,
    attempt: run.isAttempt ? attemptOf(run, told, at, parts.workerName) : undefined,
    keep: keepOf(policy, finalOf(outcome)),
  });
}

/** What is to be settled: the outcome, also without an answer, or what the store knows better. */
export function recorded(
  answer: FinishAnswer | undefined,
  outcome: JobOutcome,
  { track }: Policy,
): JobOutcome {
  // One that was not claimed is nobody's but this run's.
  if (!answer || answer.kind === 'recorded' || track === 'failures') return outcome;
  if (answer.kind === 'fenced') {
    return { kind: 'duplicate', why: 'another message or run of the job owned it before this one ended' };
  }
  const { reason, by } = answer.cancellation;
  return { kind: 'cancelled', reason, by };
}

/** Asked only of an end that is final. */
function finalOf({ kind }: JobOutcome): FinalState {
  return kind === 'completed' || kind === 'cancelled' ? kind : 'failed';
}

/**
 * Tells the store that a message is no job, once it is in the dead letters: a record that its enqueue made would wait
 * for ever. Never rejects.
 */
export async function recordRefused(
  { id, type, queue, generation, token }: Envelope,
  error: ErrorDescription,
  policy: Policy,
  records: JobRecords,
  clock: Clock,
): Promise<void> {
  if (policy.track === 'none') return;
  const fence = { id, generation, token, run: 0 };
  const outcome = { kind: 'failed', reason: 'rejected', error } as const;
  const keep = keepOf(policy, 'failed');
  await records.finished({ fence, type, queue, at: clock.now(), outcome, attempt: undefined, keep });
}

/** Undefined: nothing to tell, as the message comes again or leaves. */
function toldOutcome(
  { envelope }: Run,
  outcome: JobOutcome,
  { settings, logger }: RecordParts,
): Ending['outcome'] | undefined {
  switch (outcome.kind) {
    case 'completed': {
      const result = rememberedText(outcome.result, 'result', settings.maxRememberedBytes);
      if (result.kind === 'text') return { kind: 'completed', result: result.text };
      logger.warn(
        `${envelope.type} ${envelope.id}: completed, but its result is not remembered: ${result.why}. Return less or plain JSON, or raise maxRememberedBytes.`,
      );
      return { kind: 'completed', result: notKeptMarker(result.why) };
    }
    case 'retry':
    case 'snoozed':
    case 'failed':
    case 'interrupted':
      return outcome;
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'duplicate':
    case 'lost':
      return undefined;
  }
}

function attemptOf(
  { envelope, startedAt }: Run,
  outcome: Ending['outcome'],
  endedAt: number,
  worker: string,
): EndedAttempt {
  const of = { number: envelope.attempt, startedAt, endedAt, worker, outcome: outcome.kind };
  return 'error' in outcome ? { ...of, error: outcome.error } : of;
}
