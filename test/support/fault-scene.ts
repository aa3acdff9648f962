import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobQueue, JobsModule, isWarrenError, type JobsOptions } from 'nestjs-warren';
import type { BulkEnqueueError } from '../../libs/core/src/enqueue/bulk.js';
import { removeApp, uniqueApp } from './broker-objects.js';
import { LedgerReader, compare, unexplained, type Comparison, type Fault } from './ledger.js';
import { SoakWorker, type SoakWorkerOptions } from './soak-worker.js';
import { until } from './until.js';

/** What a job of a fault test does; see test/faults/soak/worker.mjs. */
export interface Work {
  readonly ms?: number;
  readonly fate?: 'complete' | 'failOnce' | 'fail' | 'exit' | 'segfault' | 'outOfMemory';
  /** Runs until there is a file of this name. */
  readonly hold?: string;
}

export type Outcome = Omit<Comparison, 'lostJobs' | 'duplicatedJobs'>;

export interface SceneOptions {
  /** The broker ends with the test, so what was declared there need not be removed. */
  readonly isPrivate?: boolean;
  /** The queues that hold something, as the broker lists them: told when jobs do not come to an end. */
  readonly listQueues?: () => Promise<string>;
}

/** The queue of all jobs. */
export const QUEUE = 'soak';

const ACCEPT_LIMIT_MS = 60_000;

/**
 * One application under fault: producers in this process, workers in processes of their own, the jobs that were
 * accepted, the faults that struck, and the ledger that says what became of the jobs.
 */
export class FaultScene {
  readonly app = uniqueApp('faults');
  readonly folder = mkdtempSync(join(tmpdir(), 'warren-faults-'));
  readonly reader = new LedgerReader(this.folder);
  readonly accepted: number[] = [];
  readonly faults: Fault[] = [];
  readonly workers: SoakWorker[] = [];
  private readonly sent = new Map<number, { readonly from: number; to: number }>();
  private readonly closers: Array<() => unknown> = [];

  constructor(
    /** Of the broker, or of the nodes of its cluster. */
    readonly urls: readonly string[],
    private readonly options: SceneOptions = {},
  ) {}

  async producer(options: Partial<JobsOptions> & { readonly queue?: object } = {}): Promise<JobQueue> {
    const { queue = {}, ...rest } = options;
    const module = JobsModule.forRoot({
      url: this.urls,
      app: this.app,
      worker: false,
      queues: { [QUEUE]: queue },
      ...rest,
    });
    class Producer {}
    Module({ imports: [module] })(Producer);
    const context: INestApplicationContext = await NestFactory.createApplicationContext(Producer, {
      logger: false,
    });
    this.onEnd(() => context.close());
    return context.get(JobQueue);
  }

  /** Started; resolves when it consumes. */
  async worker(name: string, options: Partial<SoakWorkerOptions> = {}): Promise<SoakWorker> {
    return this.spawnWorker(name, options).ready();
  }

  spawnWorker(name: string, options: Partial<SoakWorkerOptions> = {}): SoakWorker {
    const { urls, app, folder } = this;
    const worker = new SoakWorker({ urls, app, folder, name, ...options });
    this.workers.push(worker);
    this.onEnd(() => worker.end('SIGKILL'));
    return worker;
  }

  /** Numbers go on from those enqueued before. @throws when the broker does not take all of them */
  async enqueue(jobs: JobQueue, count: number, work: Work = {}, options: object = {}): Promise<number[]> {
    const numbers = this.begin(count);
    await jobs.enqueueMany(numbers.map((number) => entry(number, work, options)));
    return this.accept(numbers);
  }

  /** What the broker did not take is enqueued again, with the same id, until it does. */
  async enqueueUntilAccepted(
    jobs: JobQueue,
    count: number,
    work: Work = {},
    options: object = {},
  ): Promise<number[]> {
    const numbers = this.begin(count);
    let left = numbers;
    for (const deadlineAt = Date.now() + ACCEPT_LIMIT_MS; left.length > 0;) {
      try {
        await jobs.enqueueMany(left.map((number) => entry(number, work, options)));
        left = [];
      } catch (error) {
        if (!isWarrenError(error, 'WARREN_BULK_INCOMPLETE') || Date.now() > deadlineAt) throw error;
        const { failures } = error as BulkEnqueueError;
        left = failures.map(({ index }) => left[index]!);
      }
    }
    return this.accept(numbers);
  }

  /** A fault of one process, or of the way from the producers. */
  async strike(pid: Fault['pid'], act: () => unknown): Promise<void> {
    const from = Date.now();
    await act();
    this.faults.push({ pid, from, to: Date.now() });
  }

  /** A fault of the broker, which hits whoever is connected. */
  async strikeAll(act: () => unknown): Promise<void> {
    const from = Date.now();
    await act();
    const to = Date.now();
    for (const pid of ['producer' as const, ...this.workers.map((worker) => worker.pid)]) {
      this.faults.push({ pid, from, to });
    }
  }

  get startedCount(): number {
    return this.reader.read().started.size;
  }

  get finishedCount(): number {
    return this.reader.read().finished.size;
  }

  untilStarted(count: number): Promise<void> {
    return until(() => this.startedCount >= count, `${count} jobs started`);
  }

  async untilFinished(count: number, limitMs?: number): Promise<void> {
    try {
      await until(() => this.finishedCount >= count, `${count} jobs finished`, limitMs);
    } catch (error) {
      const said = this.workers.map(({ pid, output }) => `worker ${pid} said:\n${output.slice(-2_000)}`);
      const held = await this.options.listQueues?.().catch(String);
      const told = [`${(error as Error).message} There are ${this.finishedCount}.`, ...said, held ?? ''];
      throw new Error(told.join('\n'), { cause: error });
    }
  }

  /** Lets jobs that hold for this name go on. */
  release(name: string): void {
    writeFileSync(join(this.folder, name), '');
  }

  /** The outcome of all accepted jobs, of which no duplicate may be without a fault that explains it. */
  outcome(dead: readonly number[] = []): Outcome {
    const { reader, accepted, faults } = this;
    const { duplicatedJobs, lostJobs, ...counts } = compare({
      accepted,
      finished: reader.read().finished,
      dead: new Set(dead),
    });
    expect(lostJobs).toEqual([]);
    const odd = unexplained({ jobs: duplicatedJobs, reader, faults, sent: (job) => this.sent.get(job) });
    expect(odd).toEqual([]);
    return counts;
  }

  /** Ends the workers that still run, as a deployment does; each must drain and exit with 0. */
  async drainWorkers(): Promise<void> {
    const running = this.workers.filter(({ hasEnded }) => !hasEnded);
    expect(running).not.toEqual([]);
    for (const worker of running) expect(await worker.end('SIGTERM')).toBe(0);
  }

  /** Jobs that the test itself took away with their queue. */
  forget(numbers: readonly number[]): void {
    const gone = new Set(numbers);
    this.accepted.splice(0, this.accepted.length, ...this.accepted.filter((number) => !gone.has(number)));
  }

  onEnd(close: () => unknown): void {
    this.closers.push(close);
  }

  /** Ends and removes everything, also when something of it fails. */
  async end(): Promise<void> {
    const problems: unknown[] = [];
    const remove = this.options.isPrivate ? [] : [() => removeApp(this.urls[0]!, this.app, [QUEUE])];
    for (const close of [...this.closers.splice(0).reverse(), ...remove]) {
      try {
        await close();
      } catch (error) {
        problems.push(error);
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
    if (problems.length > 0) throw new AggregateError(problems, problems.map(String).join('; '));
  }

  private begin(count: number): number[] {
    const first = this.sent.size;
    const numbers = Array.from({ length: count }, (_, index) => first + index);
    const from = Date.now();
    for (const number of numbers) this.sent.set(number, { from, to: Infinity });
    return numbers;
  }

  private accept(numbers: number[]): number[] {
    const to = Date.now();
    for (const number of numbers) this.sent.get(number)!.to = to;
    this.accepted.push(...numbers);
    return numbers;
  }
}

function entry(number: number, work: Work, options: object = {}) {
  return { job: 'soak:job', payload: { number, ...work }, options: { id: `soak-${number}`, ...options } };
}
