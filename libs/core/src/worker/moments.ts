import type { JobOutcome } from '../job/outcome.js';
import type { Policy } from '../job/policy.js';
import type { JobMoment } from '../observe/moments.js';
import type { Run, SettleReport } from './settle.js';

/** What observers are told of a run. */

export function startedMoment(run: Run): JobMoment {
  const { envelope, startedAt, delivery } = run;
  const dueAt = Math.max(envelope.enqueuedAt, envelope.notBefore ?? 0);
  return {
    kind: 'started',
    ...jobOf(run, startedAt),
    redelivered: delivery.redelivered,
    latenessMs: Math.max(0, startedAt - dueAt),
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
  const of = { ...jobOf(run, at), startedAt: run.startedAt, durationMs: at - run.startedAt };
  if (report.kind === 'settleFailed') {
    return { kind: 'settleFailed', ...of, outcome: outcome.kind, error: report.error };
  }
  switch (outcome.kind) {
    case 'completed':
      return { kind: 'completed', ...of, result: outcome.result };
    case 'retry':
      return { kind: 'retryScheduled', ...of, maxAttempts, delayMs: outcome.delayMs, error: outcome.error };
    case 'snoozed':
      return { kind: 'snoozed', ...of, delayMs: outcome.delayMs, reason: outcome.reason };
    case 'failed':
      return { kind: 'failed', ...of, maxAttempts, reason: outcome.reason, error: outcome.error };
    case 'cancelled':
      return { kind: 'cancelled', ...of, by: outcome.by };
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
