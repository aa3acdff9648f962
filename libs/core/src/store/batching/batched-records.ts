import { Chain } from '../../kernel/chain.js';
import { systemClock, type Clock } from '../../kernel/clock.js';
import { captureContext, type Detached } from '../../kernel/detached.js';
import { within } from '../../kernel/within.js';
import type { JobLimits } from '../../ports/job-limits.js';
import type { JobRecords } from '../../ports/job-records.js';
import type { JobUnique } from '../../ports/job-unique.js';
import type { LimitStore } from '../../ports/store-limits.js';
import type { ReadStore, UniqueStore } from '../../ports/store-reads.js';
import type {
  Claim,
  ClaimAnswer,
  EnqueueFailure,
  Ending,
  FinishAnswer,
  NewJob,
  RecordStore,
  Report,
} from '../../ports/store-records.js';
import { Availability, type AvailabilityListener } from './availability.js';
import { BoundedLimits } from './bounded-limits.js';
import { BoundedUnique } from './bounded-unique.js';
import { Lane } from './lane.js';
import { LateWrites, type LateWrite } from './late-writes.js';
import { BATCH_LIMITS, type BatchLimits } from './limits.js';
import type { PortAnswer } from './port-call.js';

export interface BatchedRecordsParts {
  readonly records: RecordStore;
  /** Undefined: the store keeps none. */
  readonly unique?: UniqueStore | undefined;
  /** Limits over all processes; undefined: the store knows of none. */
  readonly jobLimits?: LimitStore | undefined;
  /** Says what is known of the holder of a key. */
  readonly reads?: ReadStore | undefined;
  readonly clock?: Clock;
  /** Calls go out in this context. Default: the one in which this is made. */
  readonly detached?: Detached;
  readonly limits?: Partial<BatchLimits>;
  readonly listener?: AvailabilityListener;
}

export interface BatchedRecordsStatus {
  readonly state: 'up' | 'down';
  /** Epoch milliseconds; undefined while it is up. */
  readonly downSince: number | undefined;
  /** Writes kept until the store is back. */
  readonly late: number;
  /** Writes lost since the start: too many were kept, or the store refused them. */
  readonly dropped: number;
  /**
   * Ends of runs that the store did not take since the start, as another run or message of the job owned it by then. Of
   * what was kept while the store was away nothing is counted.
   */
  readonly conflicts: number;
}

/**
 * The pipeline's way to a store: single calls, told together, within bounds of time and memory. With the store out of
 * reach, claims and ends fail at once, so that jobs go on without it, and all writes are kept for its return.
 */
export class BatchedRecords implements JobRecords {
  /** Keys of the same store; what becomes of its calls says whether that is there, too. */
  readonly unique: JobUnique | undefined;
  /** Limits of the same store. */
  readonly jobLimits: JobLimits | undefined;
  private readonly availability: Availability;
  private readonly late: LateWrites;
  private readonly clock: Clock;
  private readonly limits: BatchLimits;
  private readonly claims: Lane<Claim, ClaimAnswer>;
  private readonly endings: Lane<Ending, FinishAnswer>;
  private readonly jobs: Lane<NewJob, undefined>;
  private readonly failures: Lane<EnqueueFailure, undefined>;
  private readonly reports: Lane<Report, undefined>;
  /** Writes that change nothing at the broker, until they are told or kept. */
  private readonly underWay = new Chain<Promise<void>>();
  private conflicts = 0;

  constructor(parts: BatchedRecordsParts) {
    const { records, unique, reads, clock = systemClock, detached = captureContext(), listener = {} } = parts;
    const limits = { ...BATCH_LIMITS, ...parts.limits };
    const availability = new Availability(clock, limits, {
      onUp: () => {
        listener.onUp?.();
        void this.late.tell();
      },
      onDown: (cause) => listener.onDown?.(cause),
      onCall: (call) => listener.onCall?.(call),
    });
    const shared = { clock, limits, availability, detached };
    this.clock = clock;
    this.limits = limits;
    this.availability = availability;
    this.late = new LateWrites({ ...shared, records, unique });
    this.claims = new Lane({
      ...shared,
      operation: 'claim',
      send: (items) => records.claim(items),
      bytesOf: () => 0,
    });
    this.endings = new Lane({
      ...shared,
      operation: 'finish',
      send: (items) => records.finished(items),
      bytesOf: endingBytes,
    });
    this.jobs = new Lane({
      ...shared,
      operation: 'enqueue',
      send: told((items) => records.enqueued(items)),
      bytesOf: jobBytes,
    });
    this.failures = new Lane({
      ...shared,
      operation: 'enqueue_failed',
      send: told((items) => records.enqueueFailed(items)),
      bytesOf: () => 0,
    });
    this.reports = new Lane({
      ...shared,
      operation: 'report',
      send: told((items) => records.reported(items)),
      bytesOf: reportBytes,
    });
    if (parts.jobLimits) this.jobLimits = new BoundedLimits({ ...shared, store: parts.jobLimits });
    if (!unique) return;
    this.unique = new BoundedUnique({
      ...shared,
      unique,
      records,
      reads,
      untilReleased: (ask, item) => this.untilTold(ask, { kind: 'released', item }, 0),
    });
  }

  claim(claim: Claim): Promise<ClaimAnswer | undefined> {
    return new Promise((resolve) => this.claims.ask(claim, (answer) => resolve(valueOf(answer))));
  }

  finished(ending: Ending): Promise<FinishAnswer | undefined> {
    return new Promise((resolve) => {
      this.endings.ask(ending, (answer) => {
        this.keepLate(answer, { kind: 'finished', item: ending }, endingBytes(ending));
        const value = valueOf(answer);
        if (value?.kind === 'fenced') this.conflicts += 1;
        resolve(value);
      });
    });
  }

  /** Resolves when the job is recorded, or kept for later, or dropped: nothing here stops an enqueue. */
  enqueued(job: NewJob): Promise<void> {
    const write = { kind: 'enqueued', item: job } as const;
    if (this.isKeptBehind(job.id, write, jobBytes(job))) return Promise.resolve();
    return this.untilTold((told) => this.jobs.ask(job, told), write, jobBytes(job));
  }

  /** As `enqueued`. */
  enqueueFailed(failure: EnqueueFailure): Promise<void> {
    const write = { kind: 'enqueueFailed', item: failure } as const;
    if (this.isKeptBehind(failure.id, write, 0)) return Promise.resolve();
    return this.untilTold((told) => this.failures.ask(failure, told), write, 0);
  }

  /** Without waiting for it. */
  reported(report: Report): void {
    const write = { kind: 'reported', item: report } as const;
    if (this.isKeptBehind(report.fence.id, write, reportBytes(report))) return;
    void this.untilTold((told) => this.reports.ask(report, told), write, reportBytes(report));
  }

  status(): BatchedRecordsStatus {
    const { isUp, downSince } = this.availability;
    const { size: late, dropped } = this.late;
    return { state: isUp ? 'up' : 'down', downSince, late, dropped, conflicts: this.conflicts };
  }

  /** Waits for what is on its way, one time limit at most, and drops what is still kept then. The store stays open. */
  async close(): Promise<void> {
    const open = (async () => {
      await Promise.all(this.underWay);
      if (this.availability.isUp) await this.late.tell();
    })();
    await within(open, this.limits.timeoutMs, this.clock);
    this.late.close();
  }

  /** Something of the job is kept: what is said of it now must not come before that, although the store may answer. */
  private isKeptBehind(id: string, write: LateWrite, bytes: number): boolean {
    if (!this.late.holds(id)) return false;
    this.late.keep(write, bytes);
    return true;
  }

  /** Those on their way are waited for when this closes: an enqueue goes on to its publish. */
  private untilTold(
    ask: (told: (answer: PortAnswer<unknown>) => void) => void,
    write: LateWrite,
    bytes: number,
  ): Promise<void> {
    const telling = new Promise<void>((resolve) => {
      ask((answer) => {
        this.keepLate(answer, write, bytes);
        this.underWay.remove(link);
        resolve();
      });
    });
    const link = this.underWay.add(telling);
    return telling;
  }

  private keepLate(answer: PortAnswer<unknown>, write: LateWrite, bytes: number): void {
    if (answer.kind === 'out') this.late.keep(write, bytes);
    // It would be refused again.
    else if (answer.kind === 'refused') this.late.drop(1);
  }
}

/** A call of the port that answers once for all of its items. */
function told<Item>(send: (items: readonly Item[]) => Promise<void>) {
  return async (items: readonly Item[]): Promise<undefined[]> => {
    await send(items);
    return items.map(() => undefined);
  };
}

function valueOf<T>(answer: PortAnswer<T>): T | undefined {
  return answer.kind === 'answered' ? answer.value : undefined;
}

/** Of the texts alone, two for each character, as they lie in memory: the rest is small. */
function jobBytes({ payload, carried }: NewJob): number {
  return bytesOf(payload) + bytesOf(carried);
}

function endingBytes({ outcome }: Ending): number {
  return outcome.kind === 'completed' ? bytesOf(outcome.result) : 0;
}

function reportBytes({ progress, lines = [] }: Report): number {
  return lines.reduce((bytes, { text }) => bytes + bytesOf(text), bytesOf(progress));
}

function bytesOf(text: string | undefined): number {
  return 2 * (text?.length ?? 0);
}
