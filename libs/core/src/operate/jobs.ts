import type { JobLookup } from '../enqueue/job-ref.js';
import { JOB_STATES, type JobState } from '../job/states.js';
import type { Clock } from '../kernel/clock.js';
import { WarrenError } from '../kernel/errors/index.js';
import { isShortText } from '../kernel/short-text.js';
import {
  FIND,
  PAGE,
  RESULT,
  requireSound,
  waitOf,
  type FindPage,
  type FindQuery,
  type ResultOptions,
} from '../options/reading.js';
import { readNotKept } from '../payload/remembered.js';
import type { JobRecord } from '../ports/job-record.js';
import type { ReadStore } from '../ports/store-reads.js';
import { jobView, type Job } from './job-view.js';
import { openStore, requireId, type StoreDoor } from './store-door.js';
import { waitForEnd } from './wait-for-end.js';

export interface JobsParts extends StoreDoor {
  readonly clock: Clock;
}

/** Who enqueues a job records it after it has taken its unique key, with one call, which may take so long. */
const RECORD_WITHIN_MS = 2_000;

export interface FoundJobs {
  readonly jobs: readonly Job[];
  /** Give it as `cursor` for the next page; undefined: there is none. */
  readonly next: string | undefined;
}

export type StateCounts = Readonly<Record<JobState, number>>;

export interface JobCounts {
  readonly all: StateCounts;
  readonly queues: Readonly<Record<string, StateCounts>>;
}

/** What the job store remembers, for those who read. */
export class Jobs implements JobLookup {
  constructor(private readonly parts: JobsParts) {}

  async get(id: string): Promise<Job | undefined> {
    const record = await this.recordOf(id, 'jobs.get');
    return record && jobView(record);
  }

  async state(id: string): Promise<JobState | undefined> {
    const record = await this.recordOf(id, 'JobRef.state');
    return record?.state;
  }

  async find(query: FindQuery = {}, page: FindPage = {}): Promise<FoundJobs> {
    requireSound(FIND, query, 'jobs.find');
    requireSound(PAGE, page, 'jobs.find');
    const reads = await this.reads('jobs.find');
    const { type, queue, state, tag, reason, createdAfter, createdBefore } = query;
    const found = await reads.find(
      {
        ...(state !== undefined && { states: FIND.state.resolve(state)! }),
        ...(type !== undefined && { type }),
        ...(queue !== undefined && { queue }),
        ...(tag !== undefined && { tag }),
        ...(reason !== undefined && { reason }),
        ...(createdAfter && { createdAfter: createdAfter.getTime() }),
        ...(createdBefore && { createdBefore: createdBefore.getTime() }),
      },
      { limit: PAGE.limit.resolve(page.limit), cursor: page.cursor },
    );
    return { jobs: found.jobs.map(jobView), next: found.next };
  }

  async counts(): Promise<JobCounts> {
    const reads = await this.reads('jobs.counts');
    const all = zeros();
    const queues = new Map<string, Record<JobState, number>>();
    for (const { queue, state, count } of await reads.counts()) {
      let ofQueue = queues.get(queue);
      if (!ofQueue) queues.set(queue, (ofQueue = zeros()));
      ofQueue[state] += count;
      all[state] += count;
    }
    return { all, queues: Object.fromEntries(queues) };
  }

  result(id: string, options: ResultOptions = {}): Promise<unknown> {
    return this.waitFor(id, options, 0);
  }

  resultOfEnqueued(id: string, options: ResultOptions = {}): Promise<unknown> {
    return this.waitFor(id, options, RECORD_WITHIN_MS);
  }

  /** @throws as `result`, for what is wrong before there is a job. */
  async requireResults(feature: string, options: ResultOptions = {}): Promise<void> {
    requireSound(RESULT, options, feature);
    await this.reads(feature);
  }

  private async waitFor(id: string, options: ResultOptions, recordWithinMs: number): Promise<unknown> {
    requireSound(RESULT, options, 'jobs.result');
    const reads = await this.reads('jobs.result');
    const wait = { timeoutMs: waitOf(options), signal: options.signal, recordWithinMs };
    return resultOf(await waitForEnd(requireId(id, 'jobs.result'), reads, wait, this.parts.clock));
  }

  private async recordOf(id: string, feature: string): Promise<JobRecord | undefined> {
    const reads = await this.reads(feature);
    const [record] = isShortText(id) ? await reads.get([id]) : [];
    return record;
  }

  private async reads(feature: string): Promise<ReadStore> {
    const { reads } = await openStore(this.parts, feature);
    return reads;
  }
}

/** What a job that has ended gives to those who wait for it. */
function resultOf(record: JobRecord): unknown {
  const { id, type, state, reason, error, cancellation } = record;
  const named = `Job ${JSON.stringify(id)} (${type})`;
  if (state === 'completed') {
    const result: unknown = record.result === undefined ? undefined : JSON.parse(record.result);
    const why = readNotKept(result);
    if (why === undefined) return result;
    throw new WarrenError(
      'WARREN_RESULT_NOT_KEPT',
      `${named} completed, but its result is not remembered: ${why}. Return less or plain JSON, or raise maxRememberedBytes.`,
      { details: { id } },
    );
  }
  if (state === 'cancelled') {
    const said = cancellation?.reason === undefined ? '' : `: ${cancellation.reason}`;
    throw new WarrenError(
      'WARREN_JOB_CANCELLED',
      `${named} was cancelled${said}. It has no result; enqueue it again if it is needed.`,
      { details: { id } },
    );
  }
  const told = error === undefined ? '' : `: ${error.name}: ${error.message}`;
  const how = state === 'failed' ? `failed (${reason ?? 'no reason known'})` : 'could not be enqueued';
  throw new WarrenError(
    'WARREN_JOB_FAILED',
    `${named} ${how}${told}. It has no result; look at its attempts with jobs.get.`,
    { details: { id, state, reason, error } },
  );
}

function zeros(): Record<JobState, number> {
  return Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobState, number>;
}
