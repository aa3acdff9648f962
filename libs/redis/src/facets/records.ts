import {
  JOB_STATES,
  LATE_MESSAGE_MS,
  LINES_KEPT,
  TRANSITIONS,
  type CancelAnswer,
  type Cancellation,
  type Claim,
  type ClaimAnswer,
  type DiscardAnswer,
  type Ending,
  type EnqueueFailure,
  type ErrorDescription,
  type FailureReason,
  type FinishAnswer,
  type JobState,
  type Keep,
  type NewJob,
  type RecordStore,
  type RecordedOutcome,
  type ReopenAnswer,
  type Reopening,
  type Report,
} from 'nestjs-warren/ports';
import type { Keys } from '../keys.js';
import {
  RECORD_FIELDS,
  cancellationOf,
  extrasText,
  recordOf,
  tagsText,
  wellFormed,
} from '../record-fields.js';
import type { ScriptArgument, ScriptRunner } from '../script-runner.js';
import * as scripts from '../scripts/index.js';

/** Writes of the pipeline: many jobs a script, those of one call in one round trip. */
export class RedisRecords implements RecordStore {
  constructor(
    private readonly runner: ScriptRunner,
    private readonly keys: Keys,
  ) {}

  async enqueued(jobs: readonly NewJob[]): Promise<void> {
    await this.runner.runBatch(scripts.enqueued, jobs, (job) => ({
      id: job.id,
      shared: [job.type, job.queue, job.maxAttempts, tagsText(job.tags)],
      short: [job.generation, job.createdAt, job.dueAt],
      texts: [job.payload, extrasText(job), job.carried],
    }));
  }

  async enqueueFailed(failures: readonly EnqueueFailure[]): Promise<void> {
    await this.runner.runBatch(scripts.enqueueFailed, failures, ({ id, generation, at, error, keep }) => ({
      id,
      shared: keepArguments(keep),
      short: [generation, at],
      texts: [JSON.stringify(error)],
    }));
  }

  async claim(claims: readonly Claim[]): Promise<ClaimAnswer[]> {
    const answers = await this.runner.runBatch(scripts.claim, claims, (claim) => ({
      id: claim.id,
      shared: [claim.type, claim.queue, claim.maxAttempts, claim.worker, claim.timeoutMs],
      short: [claim.generation, claim.attempt, claim.createdAt, claim.at, claim.token],
      texts: [],
    }));
    return answers.map((answer) => claimAnswer(answer as Answer | number));
  }

  async finished(endings: readonly Ending[]): Promise<FinishAnswer[]> {
    const answers = await this.runner.runBatch(scripts.finished, endings, (ending) => {
      const { fence, type, queue, at, outcome, attempt, keep } = ending;
      return {
        id: fence.id,
        shared: [type, queue, attempt?.worker, ...keepArguments(keep), outcome.kind],
        short: [at, fence.generation, fence.run, attempt?.number, attempt?.startedAt, fence.token],
        texts: [
          outcome.kind === 'completed' ? outcome.result : undefined,
          isToldByItsJob(ending) ? undefined : detailText(ending),
        ],
      };
    });
    return answers.map((answer) => finishAnswer(answer as Answer | number));
  }

  async reported(reports: readonly Report[]): Promise<void> {
    await this.runner.runBatch(scripts.reported, reports, ({ fence, progress, lines = [] }) => {
      const kept = lines.slice(-LINES_KEPT);
      return {
        id: fence.id,
        shared: [],
        short: [fence.generation, fence.run, kept.length, fence.token],
        texts: [progress, kept.map((line) => JSON.stringify(line)).join('\n')],
      };
    });
  }

  async cancel(id: string, cancellation: Cancellation, keep: Keep): Promise<CancelAnswer> {
    const [kind, detail] = (await this.one(scripts.cancel, [
      id,
      cancellation.at,
      JSON.stringify(cancellation),
      ...keepArguments(keep),
      LATE_MESSAGE_MS,
    ])) as Answer;
    if (kind === 'asked') return { kind, worker: detail as string };
    if (kind === 'final') return { kind, state: detail as JobState };
    return { kind: kind as 'cancelled' | 'unknown' };
  }

  async reopen(id: string, { at, from, dueAt, attempt, payload }: Reopening): Promise<ReopenAnswer> {
    const event = payload ? 'replace' : 'reopen';
    const allowed = JOB_STATES.filter((state) => from.includes(state) && TRANSITIONS[state][event]);
    const [kind, detail] = (await this.one(scripts.reopen, [
      id,
      at,
      dueAt,
      attempt === undefined ? undefined : attempt - 1,
      payload === undefined ? 'keep' : payload.json === undefined ? 'drop' : 'set',
      payload?.json,
      payload?.carried,
      LATE_MESSAGE_MS,
      `,${allowed.join(',')},`,
      ...RECORD_FIELDS,
    ])) as Answer;
    if (kind === 'refused') return { kind, state: detail as JobState };
    const job = kind === 'reopened' ? recordOf(id, detail) : undefined;
    return job ? { kind: 'reopened', job } : { kind: 'unknown' };
  }

  async discard(id: string, tombstoneMs: number): Promise<DiscardAnswer> {
    return (await this.one(scripts.discard, [id, wholeMs(tombstoneMs)])) as DiscardAnswer;
  }

  private one(script: scripts.Script, args: readonly [id: string, ...ScriptArgument[]]): Promise<unknown> {
    return this.runner.runOne(script, { key: this.keys.job(args[0]), args });
  }
}

type Answer = readonly [kind: string, ...details: unknown[]];

function claimAnswer(answer: Answer | number): ClaimAnswer {
  if (typeof answer === 'number') return { kind: 'run', run: answer };
  const [kind, ...details] = answer;
  switch (kind) {
    case 'duplicate':
      return { kind, generation: Number(details[0]) };
    case 'cancelled':
      return {
        kind,
        cancellation: cancellationOf(details[0] as string),
        ...(details[1] === 'now' && { isNew: true }),
      };
    case 'ended':
      return { kind, outcome: outcomeOf(details as string[]) };
    default:
      return { kind: 'discarded' };
  }
}

function outcomeOf(values: readonly string[]): RecordedOutcome {
  const [kind, delay, snoozeReason = '', failureReason, error = '{}'] = values;
  switch (kind as RecordedOutcome['kind']) {
    case 'retry':
      return { kind: 'retry', delayMs: Number(delay), error: JSON.parse(error) as ErrorDescription };
    case 'snoozed':
      return { kind: 'snoozed', delayMs: Number(delay), reason: snoozeReason };
    case 'failed':
      return {
        kind: 'failed',
        reason: failureReason as FailureReason,
        error: JSON.parse(error) as ErrorDescription,
      };
    case 'completed':
      return { kind: 'completed' };
    case 'cancelled':
      return { kind: 'cancelled' };
  }
}

function finishAnswer(answer: Answer | number): FinishAnswer {
  if (typeof answer === 'number') return { kind: answer === 1 ? 'recorded' : 'fenced' };
  return { kind: 'cancelled', cancellation: cancellationOf(answer[1] as string) };
}

/** What there is of an end besides what it always has. */
function detailText({ outcome, attempt, at }: Ending): string {
  const delayMs = 'delayMs' in outcome ? outcome.delayMs : undefined;
  // As text: Lua would write large numbers with an exponent.
  return JSON.stringify({
    d: delayMs === undefined ? undefined : String(delayMs),
    u: delayMs === undefined ? undefined : String(at + delayMs),
    w: outcome.kind === 'snoozed' ? wellFormed(outcome.reason) : undefined,
    r: outcome.kind === 'failed' ? outcome.reason : undefined,
    e: 'error' in outcome ? wellFormed(JSON.stringify(outcome.error)) : undefined,
    a: attempt && wellFormed(JSON.stringify(attempt)),
  });
}

/** The attempt that completed its job, as nearly all do: the instants of the job are its own. */
function isToldByItsJob({ outcome, attempt, at }: Ending): boolean {
  return (
    outcome.kind === 'completed' &&
    attempt?.outcome === 'completed' &&
    attempt.endedAt === at &&
    attempt.error === undefined
  );
}

/** Empty: for ever, any number. */
function keepArguments({ ms, count }: Keep): [ms: ScriptArgument, count: ScriptArgument] {
  return [Number.isFinite(ms) ? wholeMs(ms) : undefined, count];
}

/** Redis takes whole milliseconds. */
function wholeMs(ms: number): number {
  return Math.max(0, Math.ceil(ms));
}
