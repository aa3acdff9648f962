import {
  ATTEMPTS_KEPT,
  type Cancellation,
  type EndedAttempt,
  type JobRecord,
} from '../../ports/job-record.js';
import type { Claim, ClaimAnswer, Keep } from '../../ports/store-records.js';
import { moved, type Entry } from './entry.js';

/** An answer, and what becomes of the entry, if anything. `keep`: it ended so. */
export interface Claimed {
  readonly answer: ClaimAnswer;
  readonly entry?: Entry;
  readonly keep?: Keep;
}

/** May the handler of this message run? In the order in which the port says it. */
export function claimed(entry: Entry, claim: Claim): Claimed {
  const { record, owner } = entry;
  if (record.generation > claim.generation) return duplicateOf(record);

  const isSameGeneration = record.generation === claim.generation;
  const isOwner = isSameGeneration && owner !== undefined && owner.token === claim.token;
  const outcome = isOwner ? owner.outcome : undefined;
  if (record.state === 'cancelled') {
    if (outcome) return { answer: { kind: 'ended', outcome } };
    return { answer: { kind: 'cancelled', cancellation: cancellationOf(record) } };
  }
  if (isSameGeneration && owner && !isOwner) return duplicateOf(record);
  if (outcome) return { answer: { kind: 'ended', outcome } };
  if (entry.cancelKeep) return cancelledNow(entry, claim, entry.cancelKeep);
  return begun(entry, claim);
}

function begun(entry: Entry, claim: Claim): Claimed {
  const { record } = entry;
  const run = entry.run + 1;
  const next = moved(
    record,
    { event: 'claim', to: 'active', at: claim.at },
    {
      generation: claim.generation,
      attempt: claim.attempt,
      attempts: withLostRun(record, claim.at),
      maxAttempts: claim.maxAttempts ?? record.maxAttempts,
      worker: claim.worker,
      timeoutMs: claim.timeoutMs,
      startedAt: claim.at,
      endedAt: undefined,
      reason: undefined,
      result: undefined,
    },
  );
  const owner = { token: claim.token, outcome: undefined };
  return { answer: { kind: 'run', run }, entry: { ...entry, record: next, owner, run } };
}

/** The run that was to obey the cancellation is gone, and this message is not to begin another. */
function cancelledNow(entry: Entry, claim: Claim, keep: Keep): Claimed {
  const { record } = entry;
  const next = moved(
    record,
    { event: 'cancel', to: 'cancelled', at: claim.at },
    { generation: claim.generation, attempts: withLostRun(record, claim.at), endedAt: claim.at },
  );
  const cancellation = cancellationOf(record);
  return {
    answer: { kind: 'cancelled', cancellation, isNew: true },
    entry: { ...entry, record: next, cancelKeep: undefined },
    keep,
  };
}

function withLostRun(record: JobRecord, seenAt: number): readonly EndedAttempt[] {
  if (record.state !== 'active') return record.attempts;
  return withAttempt(record.attempts, {
    number: record.attempt,
    startedAt: record.startedAt ?? record.changedAt,
    endedAt: seenAt,
    worker: record.worker ?? '',
    outcome: 'lost',
  });
}

export function withAttempt(attempts: readonly EndedAttempt[], attempt: EndedAttempt): EndedAttempt[] {
  return [...attempts, attempt].slice(-ATTEMPTS_KEPT);
}

/** Every cancelled job has one; where nobody asked, it says when. */
function cancellationOf(record: JobRecord): Cancellation {
  return record.cancellation ?? { at: record.changedAt, reason: undefined, by: undefined };
}

function duplicateOf({ generation }: JobRecord): Claimed {
  return { answer: { kind: 'duplicate', generation } };
}
