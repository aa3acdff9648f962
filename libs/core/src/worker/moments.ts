import type { JobOutcome } from '../job/outcome.js';
import type { Policy } from '../job/policy.js';
import type { JobMoment } from '../observe/moments.js';
import type { Run, SettleReport } from './settle.js';

/** What observers are told of a run. */

export function startedMoment({ envelope, startedAt, delivery }: Run): JobMoment {
  const { id, type, queue, attempt, correlationId, enqueuedAt, notBefore = 0 } = envelope;
  const latenessMs = Math.max(0, startedAt - Math.max(enqueuedAt, notBefore));
  const { redelivered } = delivery;
  return {
    kind: 'started',
    at: startedAt,
    jobId: id,
    type,
    queue,
    attempt,
    correlationId,
    redelivered,
    latenessMs,
  };
}

export function progressMoment(run: Run, progress: unknown, at: number): JobMoment {
  return { kind: 'progressed', ...jobOf(run, at), progress };
}

/** To be told when the broker has the outcome. */
export function outcomeMoment(
  run: Run,
  outcome: JobOutcome,
  report: SettleReport,
  { attempts: maxAttempts }: Policy,
  at: number,
): JobMoment {
  const { startedAt } = run;
  // Nearly all are of this kind, and copying `of` into them costs more than the rest of this file.
  if (outcome.kind === 'completed') {
    const { id: jobId, type, queue, attempt, correlationId } = run.envelope;
    const durationMs = at - startedAt;
    const { result } = outcome;
    return {
      kind: 'completed',
      at,
      jobId,
      type,
      queue,
      attempt,
      correlationId,
      startedAt,
      durationMs,
      result,
    };
  }
  const of = { ...jobOf(run, at), startedAt, durationMs: at - startedAt };
  if (report.kind === 'settleFailed') {
    return { kind: 'settleFailed', ...of, outcome: outcome.kind, error: report.error };
  }
  if (report.kind === 'givenBack' && outcome.kind !== 'interrupted' && outcome.kind !== 'lost') {
    return { kind: 'lost', ...of, why: 'its channel ended before its outcome was published' };
  }
  switch (outcome.kind) {
    case 'retry':
      return { kind: 'retryScheduled', ...of, maxAttempts, delayMs: outcome.delayMs, error: outcome.error };
    case 'snoozed':
      return { kind: 'snoozed', ...of, delayMs: outcome.delayMs, reason: outcome.reason };
    case 'failed':
      return { kind: 'failed', ...of, maxAttempts, reason: outcome.reason, error: outcome.error };
    case 'cancelled':
      return { kind: 'cancelled', ...of, reason: outcome.reason, by: outcome.by };
    case 'duplicate':
      return { kind: 'duplicate', ...of, why: outcome.why };
    case 'interrupted':
      return { kind: 'interrupted', ...of, why: outcome.why };
    case 'lost':
      return { kind: 'lost', ...of, why: outcome.why };
  }
}

function jobOf({ envelope }: Run, at: number) {
  const { id, type, queue, attempt, correlationId } = envelope;
  return { at, jobId: id, type, queue, attempt, correlationId };
}
