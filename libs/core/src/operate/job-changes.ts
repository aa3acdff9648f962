import { freeKeyOf } from '../enqueue/not-taken.js';
import { readCarried } from '../enqueue/carried.js';
import { payloadNotKept, type Republish } from '../enqueue/republish.js';
import { keepOf } from '../job/policy.js';
import { FINAL_STATES, isFinal, type JobState } from '../job/states.js';
import type { Clock } from '../kernel/clock.js';
import { toMilliseconds, type Duration } from '../kernel/duration.js';
import type { FailureReason } from '../job/envelope.js';
import { ConfigurationError, WarrenError, describeError, isWarrenError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { Observers } from '../observe/observers.js';
import { ENQUEUE } from '../options/enqueue.js';
import { CANCEL, requireSound, type CancelOptions } from '../options/reading.js';
import type { Settings } from '../options/settings.js';
import type { Cancellation, EndedAttempt, JobRecord } from '../ports/job-record.js';
import { KEY_SAFETY_MS, type JobUnique } from '../ports/job-unique.js';
import type { ReadStore } from '../ports/store-reads.js';
import { LATE_MESSAGE_MS, type RecordStore, type Reopening } from '../ports/store-records.js';
import { stateError, type Change } from './job-state-error.js';
import { jobView, type Job } from './job-view.js';
import { takeKeyAgain } from './retried-key.js';
import type { RetriedLetters } from './retried-letters.js';
import { notFound, openStore, requireId, type StoreDoor } from './store-door.js';

/** Makes the process that runs the job abort its signal. Not awaited; must not throw. */
export type AskToStop = (
  id: string,
  wanted: Cancellation & {
    /** Of the newest message known: one that was published for a retry since is not meant. */
    readonly generation: number;
  },
) => void;

export interface JobChangesParts extends StoreDoor {
  readonly settings: Pick<Settings, 'queues'>;
  readonly clock: Clock;
  readonly observers: Observers;
  readonly logger: Logger;
  /** Undefined: nothing keeps unique keys. */
  readonly unique?: JobUnique | undefined;
  readonly republish: Republish;
  readonly letters: RetriedLetters;
  readonly askToStop: AskToStop;
}

/** `cancelling`: it runs, and its end was asked for. `ended`: it had ended before, otherwise than cancelled. */
export type CancelResult = 'cancelled' | 'cancelling' | 'ended';

const NOT_YET_DUE: readonly JobState[] = ['scheduled', 'retrying'];

/**
 * What an operator does to one job by its id. No message is pulled out of a queue: the store hears of the change first,
 * and the messages of before leave unseen when they arrive. Then comes the new message, if there is to be one; a
 * publish that fails makes the job `enqueue_failed`, from where it can be retried.
 */
export class JobChanges {
  constructor(private readonly parts: JobChangesParts) {}

  async retry(id: string): Promise<Job> {
    const known = await this.heardOfEnd(await this.known(id, 'jobs.retry'));
    const { record } = known;
    if (!isFinal(record.state)) throw stateError('retry', id, record.state);
    const isByLetter = record.payload === undefined;
    if (isByLetter && !(await this.parts.letters.has(record))) throw payloadNotKept(record);
    await takeKeyAgain(record, this.parts.unique);
    let job = record;
    try {
      job = await this.reopened('retry', known, { from: FINAL_STATES, attempt: 1 });
      await this.parts.republish(job, 'anew', isByLetter ? () => this.requeueLetter(job) : undefined);
    } catch (error) {
      await this.freeKeyUnlessItGoesOn(job);
      throw error;
    }
    if (mayHaveLetters(record)) await this.removeLetters(job);
    return jobView(job);
  }

  async runNow(id: string): Promise<Job> {
    const known = await this.known(id, 'jobs.runNow');
    const { record } = known;
    if (!NOT_YET_DUE.includes(record.state)) throw stateError('runNow', id, record.state);
    if (record.payload === undefined) throw payloadNotKept(record);
    const job = await this.reopened('runNow', known, { from: NOT_YET_DUE, attempt: undefined });
    await this.parts.republish(job, 'next');
    return jobView(job);
  }

  async reschedule(id: string, at: Date | Duration): Promise<Job> {
    const dueAt = instantOf(at, this.parts.clock.now());
    const known = await this.known(id, 'jobs.reschedule');
    const { record } = known;
    if (!NOT_YET_DUE.includes(record.state)) throw stateError('reschedule', id, record.state);
    if (record.payload === undefined) throw payloadNotKept(record);
    const job = await this.reopened('reschedule', known, { from: NOT_YET_DUE, attempt: undefined, dueAt });
    await this.keepKey(job, record.state);
    await this.parts.republish(job, 'next');
    return jobView(job);
  }

  async discard(id: string): Promise<Job> {
    const { record, records } = await this.heardOfEnd(await this.known(id, 'jobs.discard'));
    const untilDueMs = Math.max(0, (record.dueAt ?? 0) - this.parts.clock.now());
    const answer = await records.discard(id, untilDueMs + LATE_MESSAGE_MS);
    if (answer === 'unknown') throw notFound(id);
    if (answer === 'active') throw stateError('discard', id, 'active');
    await this.freeKey(record);
    return jobView(record);
  }

  async cancel(id: string, said: string | CancelOptions = {}): Promise<CancelResult> {
    const options = typeof said === 'string' ? { reason: said } : said;
    requireSound(CANCEL, options, 'jobs.cancel');
    const { record, records } = await this.known(id, 'jobs.cancel');
    const { clock, settings, askToStop } = this.parts;
    const cancellation = { at: clock.now(), reason: options.reason, by: options.by };
    const keep = keepOf(settings.queues.policyOf(record.queue, undefined, undefined), 'cancelled');
    const answer = await records.cancel(id, cancellation, keep);
    switch (answer.kind) {
      case 'unknown':
        throw notFound(id);
      case 'final':
        return answer.state === 'cancelled' ? 'cancelled' : 'ended';
      case 'asked':
        // Asked again, the first one counts.
        askToStop(id, { ...(record.cancellation ?? cancellation), generation: record.generation });
        return 'cancelling';
      case 'cancelled':
        await this.freeKey(record);
        this.tellCancelled(record, cancellation);
        return 'cancelled';
    }
  }

  private async known(id: string, feature: string): Promise<Known> {
    const { reads, records } = await openStore(this.parts, feature);
    const [record] = await reads.get([requireId(id, feature)]);
    if (!record) throw notFound(id);
    return { record, reads, records };
  }

  /**
   * The store does not hear of jobs that the broker itself ends, and has them as running or waiting: where a dead letter
   * of the broker is there, it is told now.
   */
  private async heardOfEnd(known: Known): Promise<Known> {
    const { record, reads, records } = known;
    const { state, id, type, queue } = record;
    const { letters, settings, clock } = this.parts;
    const end = state === 'active' || state === 'queued' ? await letters.endByBroker(record) : undefined;
    if (!end) return known;
    const { generation, token } = end.envelope;
    const at = clock.now();
    const error = describeError(endedByBroker(record, end.reason));
    await records.finished([
      {
        fence: { id, generation, token, run: 0 },
        type,
        queue,
        at,
        outcome: { kind: 'failed', reason: end.reason, error },
        attempt: state === 'active' ? lostAttempt(record, at) : undefined,
        keep: keepOf(settings.queues.policyOf(queue, undefined, undefined), 'failed'),
      },
    ]);
    const [now] = await reads.get([id]);
    return now ? { ...known, record: now } : known;
  }

  /** The job with the generation for its new message. Whoever comes second is refused. */
  private async reopened(
    change: Change,
    { record, reads, records }: Known,
    said: Pick<Reopening, 'from' | 'attempt'> & Partial<Pick<Reopening, 'dueAt'>>,
  ): Promise<JobRecord> {
    const { id } = record;
    const at = this.parts.clock.now();
    const opening: Reopening = { dueAt: undefined, ...said, at, payload: undefined };
    try {
      const answer = await records.reopen(id, opening);
      if (answer.kind === 'unknown') throw notFound(id);
      if (answer.kind === 'refused') throw stateError(change, id, answer.state);
      return answer.job;
    } catch (error) {
      if (!isWarrenError(error, 'WARREN_STORE_UNAVAILABLE')) throw error;
      // The answer may have been lost alone, and the job must not be left open without a message.
      const [now] = await reads.get([id]).catch(() => []);
      const isOpen = (now?.state === 'queued' || now?.state === 'scheduled') && now.changedAt === opening.at;
      if (isOpen && now.generation > record.generation) return now;
      throw error;
    }
  }

  private async requeueLetter(job: JobRecord): Promise<void> {
    if (!(await this.parts.letters.requeue(job))) throw payloadNotKept(job);
  }

  /** The job is on its way: a dead letter that stays behind is a copy that leaves unseen, should it ever come back. */
  private async removeLetters(job: JobRecord): Promise<void> {
    const { letters, logger } = this.parts;
    try {
      await letters.remove(job);
    } catch (error) {
      const { name, message } = describeError(error);
      logger.warn(
        `${job.type} ${job.id}: retried, but its dead letter in queue ${job.queue} could not be removed: ${name}: ${message} Purge it: jobs.deadLetters('${job.queue}').purge('${job.id}').`,
      );
    }
  }

  /** No message of this job as it is here will run; somebody else may have retried it. */
  private async freeKeyUnlessItGoesOn(job: JobRecord): Promise<void> {
    const { unique } = this.parts;
    if (unique && job.uniqueKey !== undefined) await freeKeyOf(job, job.uniqueKey, unique);
  }

  /** Its key was taken for when it was due before. */
  private async keepKey({ id, uniqueKey, carried, dueAt = 0 }: JobRecord, before: JobState): Promise<void> {
    const isFreed = before === 'retrying' && readCarried(carried).uniqueUntil === 'started';
    if (uniqueKey === undefined || isFreed) return;
    const ttlMs = Math.max(0, dueAt - this.parts.clock.now()) + KEY_SAFETY_MS;
    // Without an answer the job is moved all the same; its key may be free too early.
    await this.parts.unique?.reserve({ key: uniqueKey, holder: id, ttlMs }).catch(() => undefined);
  }

  /** Its message may be due in days, and the worker would free the key no sooner. */
  private async freeKey({ id, uniqueKey }: JobRecord): Promise<void> {
    if (uniqueKey !== undefined) await this.parts.unique?.release(uniqueKey, id);
  }

  /** Of a job that waited: for the attempt that it waited for, which took no time. */
  private tellCancelled({ id, type, queue, attempt, correlationId }: JobRecord, said: Cancellation): void {
    const { at, reason, by } = said;
    this.parts.observers.tell({
      kind: 'cancelled',
      at,
      jobId: id,
      type,
      queue,
      attempt: attempt + 1,
      correlationId,
      startedAt: at,
      durationMs: 0,
      reason,
      by,
    });
  }
}

/** Undefined: at once. */
function instantOf(said: Date | Duration, now: number): number | undefined {
  const option = said instanceof Date ? 'runAt' : 'delay';
  const problems = ENQUEUE[option].kind.problems(said, 'at');
  if (problems.length > 0) {
    const known = "Give a Date, or a duration from now ('5m').";
    throw new ConfigurationError(problems.map((problem) => `jobs.reschedule: ${problem} ${known}`));
  }
  const at = said instanceof Date ? said.getTime() : now + toMilliseconds(said)!;
  return at > now ? at : undefined;
}

function lostAttempt({ attempt, startedAt, worker }: JobRecord, at: number): EndedAttempt {
  return { number: attempt, startedAt: startedAt ?? at, endedAt: at, worker: worker ?? '', outcome: 'lost' };
}

function endedByBroker({ id, type }: JobRecord, reason: FailureReason): WarrenError {
  return new WarrenError(
    'WARREN_JOB_FAILED',
    `The broker put job ${JSON.stringify(id)} (${type}) into the dead letters by itself: ${reason}. No worker saw its end.`,
    { details: { id, reason } },
  );
}

interface Known {
  readonly record: JobRecord;
  readonly reads: ReadStore;
  readonly records: RecordStore;
}

/** One that failed has a dead letter, and still has it when the message of its retry was not taken. */
function mayHaveLetters({ state, generation }: JobRecord): boolean {
  return state === 'failed' || (state === 'enqueue_failed' && generation > 1);
}
