import assert from 'node:assert/strict';
import { systemClock } from '../../../kernel/clock.js';
import { createIdSource } from '../../../kernel/ids.js';
import { systemRandom } from '../../../kernel/random.js';
import type { EndedAttempt, JobRecord } from '../../../ports/job-record.js';
import type { JobStore } from '../../../ports/job-store.js';
import type { LimitStore } from '../../../ports/store-limits.js';
import type { ReadStore, UniqueStore } from '../../../ports/store-reads.js';
import type { ScheduleStore } from '../../../ports/store-schedules.js';
import type {
  CancelAnswer,
  Claim,
  ClaimAnswer,
  Ending,
  Fence,
  FinishAnswer,
  Keep,
  NewJob,
  RecordStore,
  Reopening,
} from '../../../ports/store-records.js';
import type { RegistryStore } from '../../../ports/store-registry.js';
import { until } from '../../until.js';
import type { StoreUnderTest } from './store-under-test.js';

const ids = createIdSource(systemClock, systemRandom);

/** Long enough for any case. */
export const KEEP: Keep = { ms: 3_600_000, count: undefined };

export const ERROR = { name: 'Error', message: 'the mail server said no', stack: 'at send (mail.ts:1:1)' };

/** A run that the store let begin, and what it says of itself. */
export interface Run {
  readonly claim: Claim;
  readonly fence: Fence;
}

/** What one case works with: a queue and a type of its own, jobs in them, and the questions it asks. */
export class StoreScene {
  /** Instants of the case are this plus a few milliseconds. */
  readonly startedAt = systemClock.now();
  /** No other case uses these. */
  readonly queue = `contract-${ids.token()}`;
  readonly type = `contract-${ids.token()}:run`;
  private readonly connected: JobStore[] = [];

  constructor(private readonly subject: StoreUnderTest) {}

  get records(): RecordStore {
    return this.subject.store.records;
  }

  get reads(): ReadStore {
    return this.subject.store.reads!;
  }

  get unique(): UniqueStore {
    return this.subject.store.unique!;
  }

  get schedules(): ScheduleStore {
    return this.subject.store.schedules!;
  }

  get registry(): RegistryStore {
    return this.subject.store.registry!;
  }

  get limits(): LimitStore {
    return this.subject.store.limits!;
  }

  /** An id, key or token that no other case uses. */
  fresh(): string {
    return ids.jobId();
  }

  /** So many milliseconds after the start of the case. */
  at(ms: number): number {
    return this.startedAt + ms;
  }

  newJob(overrides: Partial<NewJob> = {}): NewJob {
    return {
      id: this.fresh(),
      type: this.type,
      queue: this.queue,
      generation: 1,
      createdAt: this.at(0),
      dueAt: undefined,
      maxAttempts: 5,
      priority: undefined,
      uniqueKey: undefined,
      correlationId: undefined,
      parentId: undefined,
      rootId: undefined,
      tags: [],
      payload: '{"n":1}',
      carried: undefined,
      ...overrides,
    };
  }

  /** Records a job that is to be published, and returns its id. */
  async enqueue(overrides: Partial<NewJob> = {}): Promise<string> {
    const job = this.newJob(overrides);
    await this.records.enqueued([job]);
    return job.id;
  }

  claim(id: string, overrides: Partial<Claim> = {}): Claim {
    return {
      id,
      type: this.type,
      queue: this.queue,
      generation: 1,
      token: this.fresh(),
      attempt: 1,
      maxAttempts: 5,
      createdAt: this.at(0),
      at: this.at(10),
      worker: 'worker-1',
      timeoutMs: 30_000,
      ...overrides,
    };
  }

  async ask(claim: Claim): Promise<ClaimAnswer> {
    const answers = await this.records.claim([claim]);
    assert.equal(answers.length, 1);
    return answers[0]!;
  }

  /** A message of the job that arrives and may run. */
  async begin(id: string, overrides: Partial<Claim> = {}): Promise<Run> {
    const claim = this.claim(id, overrides);
    const answer = await this.ask(claim);
    assert.equal(answer.kind, 'run', `expected to run, and was answered ${JSON.stringify(answer)}`);
    const { run } = answer;
    return { claim, fence: { id, generation: claim.generation, token: claim.token, run } };
  }

  ending({ claim, fence }: Run, outcome: Ending['outcome'], overrides: Partial<Ending> = {}): Ending {
    const at = claim.at + 10;
    const attempt: EndedAttempt = {
      number: claim.attempt,
      startedAt: claim.at,
      endedAt: at,
      worker: claim.worker,
      outcome: outcome.kind,
      ...('error' in outcome && { error: outcome.error }),
    };
    return { fence, type: claim.type, queue: claim.queue, at, outcome, attempt, keep: KEEP, ...overrides };
  }

  async finish(run: Run, outcome: Ending['outcome'], overrides: Partial<Ending> = {}): Promise<FinishAnswer> {
    const answers = await this.records.finished([this.ending(run, outcome, overrides)]);
    assert.equal(answers.length, 1);
    return answers[0]!;
  }

  cancel(
    id: string,
    overrides: { readonly reason?: string; readonly keep?: Keep } = {},
  ): Promise<CancelAnswer> {
    const { reason = 'not wanted any more', keep = KEEP } = overrides;
    return this.records.cancel(id, { at: this.at(50), reason, by: 'somebody' }, keep);
  }

  opening(overrides: Partial<Reopening> & Pick<Reopening, 'from'>): Reopening {
    return { at: this.at(60), dueAt: undefined, attempt: undefined, payload: undefined, ...overrides };
  }

  async get(id: string): Promise<JobRecord | undefined> {
    const records = await this.reads.get([id]);
    assert.equal(records.length, 1);
    return records[0];
  }

  /** What is known of a job that must be known. */
  async job(id: string): Promise<JobRecord> {
    const record = await this.get(id);
    assert.ok(record, `job ${id} is not known`);
    return record;
  }

  /** How many jobs of the case's queue are in each state; zeros left out. */
  async counts(queue = this.queue): Promise<Record<string, number>> {
    const all = await this.reads.counts();
    const ours = all.filter((row) => row.queue === queue && row.count !== 0);
    return Object.fromEntries(ours.map(({ state, count }) => [state, count]));
  }

  passTime(ms: number): Promise<void> {
    return this.subject.passTime(ms);
  }

  passDays(days: number): Promise<void> {
    return this.subject.passDays(days);
  }

  untilForgotten(id: string): Promise<void> {
    return until(async () => (await this.get(id)) === undefined, `job ${id} is forgotten`);
  }

  async connect(): Promise<JobStore> {
    const other = await this.subject.connect();
    this.connected.push(other);
    return other;
  }

  async end(): Promise<void> {
    for (const store of this.connected) await store.close();
  }
}
