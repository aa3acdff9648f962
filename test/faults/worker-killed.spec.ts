import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobQueue, JobsModule } from 'nestjs-warren';
import { removeApp, uniqueApp } from '../support/broker-objects.js';
import { buildLibraries } from '../support/build.js';
import { LedgerReader, compare, unexplained, type Comparison, type Fault } from '../support/ledger.js';
import { rabbitmqUrl } from '../support/services.js';
import { SoakWorker, type SoakWorkerOptions } from '../support/soak-worker.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/** Real processes die; afterwards the ledger of their handlers holds every job that was accepted. */

interface Work {
  readonly ms?: number;
  readonly fate?: 'complete' | 'failOnce' | 'fail' | 'exit';
  /** Runs until there is a file of this name. */
  readonly hold?: string;
}

const QUEUE = 'soak';

let app: string;
let folder: string;
let reader: LedgerReader;
let accepted: number[];
let faults: Fault[];
let sent: Map<number, { readonly from: number; readonly to: number }>;
const closers: Array<() => unknown> = [];

beforeAll(() => buildLibraries(), 120_000);
beforeEach(() => {
  app = uniqueApp('faults');
  folder = mkdtempSync(join(tmpdir(), 'warren-faults-'));
  reader = new LedgerReader(folder);
  accepted = [];
  faults = [];
  sent = new Map();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await removeApp(rabbitmqUrl(), app, [QUEUE]);
  rmSync(folder, { recursive: true, force: true });
});

async function startProducer(url = rabbitmqUrl(), queue: object = {}): Promise<JobQueue> {
  class Producer {}
  Module({ imports: [JobsModule.forRoot({ url, app, worker: false, queues: { [QUEUE]: queue } })] })(
    Producer,
  );
  const context: INestApplicationContext = await NestFactory.createApplicationContext(Producer, {
    logger: false,
  });
  closers.push(() => context.close());
  return context.get(JobQueue);
}

async function startWorker(name: string, options: Partial<SoakWorkerOptions> = {}): Promise<SoakWorker> {
  const worker = new SoakWorker({ url: rabbitmqUrl(), app, folder, name, ...options });
  closers.push(() => worker.end('SIGKILL'));
  return worker.ready();
}

/** Numbers go on from those enqueued before. */
async function enqueue(jobs: JobQueue, count: number, work: Work = {}): Promise<number[]> {
  const first = sent.size;
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  const from = Date.now();
  for (const number of numbers) sent.set(number, { from, to: Infinity });
  await jobs.enqueueMany(
    numbers.map((number) => ({
      job: 'soak:job',
      payload: { number, ...work },
      options: { id: `soak-${number}` },
    })),
  );
  for (const number of numbers) sent.set(number, { from, to: Date.now() });
  accepted.push(...numbers);
  return numbers;
}

async function strike(pid: Fault['pid'], act: () => unknown): Promise<void> {
  const from = Date.now();
  await act();
  faults.push({ pid, from, to: Date.now() });
}

const startedCount = (): number => reader.read().started.size;
const finishedCount = (): number => reader.read().finished.size;
const untilFinished = (count: number): Promise<void> =>
  until(() => finishedCount() >= count, `${count} jobs finished`);
const release = (name: string): void => writeFileSync(join(folder, name), '');

/** The outcome of all accepted jobs, of which no duplicate may be without a fault that explains it. */
function outcome(dead: readonly number[] = []): Omit<Comparison, 'lostJobs' | 'duplicatedJobs'> {
  const { duplicatedJobs, lostJobs, ...counts } = compare({
    accepted,
    finished: reader.read().finished,
    dead: new Set(dead),
  });
  expect(lostJobs).toEqual([]);
  const odd = unexplained({ jobs: duplicatedJobs, reader, faults, sent: (job) => sent.get(job) });
  expect(odd).toEqual([]);
  return counts;
}

describe('a worker that is killed with -9', () => {
  it('loses no job that it runs, and none runs to its end twice', async () => {
    const jobs = await startProducer();
    await enqueue(jobs, 100, { hold: 'go' });
    const first = await startWorker('first');
    await until(() => startedCount() === 10, 'ten jobs run');
    await strike(first.pid, () => first.end('SIGKILL'));
    release('go');
    await startWorker('second', { concurrency: 50 });
    await untilFinished(100);
    expect(outcome()).toEqual({ enqueued: 100, completed: 100, duplicates: 0, dead: 0, lost: 0 });
    const runs = reader.runsOf((job) => reader.started.get(job) === 2);
    expect(runs.size).toBe(10);
    for (const [begun, again] of runs.values()) {
      expect(begun).toMatchObject({ pid: first.pid, endedAt: undefined, attempt: 1 });
      expect(again).toMatchObject({ isFinished: true, attempt: 1 });
    }
  });

  it('loses nothing in the midst of short jobs, acks and retries', async () => {
    const jobs = await startProducer();
    await enqueue(jobs, 1_000, { ms: 5 });
    await enqueue(jobs, 100, { fate: 'failOnce' });
    for (const [index, share] of [300, 700].entries()) {
      const worker = await startWorker(`killed-${index}`, { concurrency: 20 });
      await untilFinished(share);
      await strike(worker.pid, () => worker.end('SIGKILL'));
    }
    await startWorker('last', { concurrency: 50 });
    await untilFinished(1_100);
    expect(outcome()).toMatchObject({ enqueued: 1_100, completed: 1_100, dead: 0, lost: 0 });
  });
});

describe('a job that ends its process', () => {
  it('comes back deliveryLimit times, then is dead as poison, and those behind it run', async () => {
    const queue = { deliveryLimit: 2 };
    const jobs = await startProducer(rabbitmqUrl(), queue);
    const [poison] = await enqueue(jobs, 1, { fate: 'exit' });
    const letters = () => jobs.deadLetters(QUEUE).list();
    for (let run = 1; run <= 3; run += 1) {
      const worker = new SoakWorker({
        url: rabbitmqUrl(),
        app,
        folder,
        name: `run-${run}`,
        concurrency: 1,
        queue,
      });
      closers.push(() => worker.end('SIGKILL'));
      expect(await worker.exited).toBe(1);
      expect(reader.read().started.get(poison!)).toBe(run);
    }
    await enqueue(jobs, 20);
    await startWorker('last', { concurrency: 1, queue });
    await untilFinished(20);
    await until(async () => (await letters()).length === 1, 'the job is dead');
    expect(await letters()).toMatchObject([{ id: `soak-${poison}`, reason: 'poison', type: 'soak:job' }]);
    expect(reader.read().started.get(poison!)).toBe(3);
    expect(outcome([poison!])).toEqual({ enqueued: 21, completed: 20, duplicates: 0, dead: 1, lost: 0 });
  });
});

describe('connections that are cut', () => {
  it('lose none of 500 jobs, neither those enqueued nor those that run', async () => {
    const [ofProducer, ofWorker] = [await TcpProxy.start(rabbitmqUrl()), await TcpProxy.start(rabbitmqUrl())];
    closers.push(
      () => ofProducer.refuse(),
      () => ofWorker.refuse(),
    );
    const jobs = await startProducer(ofProducer.url);
    const worker = await startWorker('cut', { url: ofWorker.url, concurrency: 20 });
    await enqueue(jobs, 100, { ms: 10 });
    const rest = enqueue(jobs, 400, { ms: 10 });
    await strike('producer', () => ofProducer.cut());
    for (const share of [50, 150, 250, 350, 450]) {
      await untilFinished(share);
      await strike(worker.pid, () => ofWorker.cut());
    }
    await rest;
    await untilFinished(500);
    expect(outcome()).toMatchObject({ enqueued: 500, completed: 500, dead: 0, lost: 0 });
    expect(ofProducer.accepted).toBeGreaterThan(2);
    expect(ofWorker.accepted).toBeGreaterThanOrEqual(10);
    expect(await worker.end('SIGTERM')).toBe(0);
  });
});

describe('a worker that stands still for longer than its heartbeat', () => {
  it('has its jobs run elsewhere, and works again when it goes on', async () => {
    const jobs = await startProducer();
    const stopped = await startWorker('stopped', { heartbeat: '1s' });
    const held = await enqueue(jobs, 10, { hold: 'go' });
    await until(() => startedCount() === 10, 'ten jobs run');
    const from = Date.now();
    stopped.signal('SIGSTOP');

    const other = await startWorker('other');
    await until(() => held.every((job) => (reader.read().started.get(job) ?? 0) > 1), 'all run elsewhere');
    stopped.signal('SIGCONT');
    faults.push({ pid: stopped.pid, from, to: Date.now() });
    release('go');
    await untilFinished(10);
    expect(await other.end('SIGTERM')).toBe(0);

    await enqueue(jobs, 20);
    await untilFinished(30);
    expect(outcome()).toMatchObject({ enqueued: 30, completed: 30, dead: 0, lost: 0 });
    const late = reader.runsOf((job) => job >= 10);
    for (const runs of late.values()) expect(runs).toMatchObject([{ pid: stopped.pid }]);
    expect(await stopped.end('SIGTERM')).toBe(0);
  });
});
