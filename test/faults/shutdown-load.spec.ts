import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobQueue, JobsModule } from 'nestjs-warren';
import { removeApp, uniqueApp } from '../support/broker-objects.js';
import { buildLibraries } from '../support/build.js';
import { LedgerReader } from '../support/ledger.js';
import { rabbitmqUrl } from '../support/services.js';
import { SoakWorker, type SoakWorkerOptions } from '../support/soak-worker.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/** Workers under load are told to stop: no job is lost, and none that completed runs again. */

interface Work {
  readonly ms?: number;
  /** Runs until there is a file of this name. */
  readonly hold?: string;
}

/** Signals that come closer to one another count as one. */
const SAME_SIGNAL_MS = 300;

let app: string;
let folder: string;
let reader: LedgerReader;
let jobs: JobQueue;
let enqueued: number;
const closers: Array<() => unknown> = [];

beforeAll(() => buildLibraries(), 120_000);
beforeEach(async () => {
  app = uniqueApp('stop');
  folder = mkdtempSync(join(tmpdir(), 'warren-stop-'));
  reader = new LedgerReader(folder);
  enqueued = 0;
  class Producer {}
  Module({ imports: [JobsModule.forRoot({ url: rabbitmqUrl(), app, worker: false, queues: { soak: {} } })] })(
    Producer,
  );
  const context: INestApplicationContext = await NestFactory.createApplicationContext(Producer, {
    logger: false,
  });
  closers.push(() => context.close());
  jobs = context.get(JobQueue);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await removeApp(rabbitmqUrl(), app, ['soak']);
  rmSync(folder, { recursive: true, force: true });
});

async function enqueue(count: number, work: Work = {}): Promise<void> {
  const first = enqueued;
  enqueued += count;
  await jobs.enqueueMany(
    Array.from({ length: count }, (_, index) => ({
      job: 'soak:job',
      payload: { number: first + index, ...work },
    })),
  );
}

function spawnWorker(name: string, options: Partial<SoakWorkerOptions> = {}): SoakWorker {
  const worker = new SoakWorker({ url: rabbitmqUrl(), app, folder, name, concurrency: 100, ...options });
  closers.push(() => worker.end('SIGKILL'));
  return worker;
}

const startWorker = (name: string, options?: Partial<SoakWorkerOptions>): Promise<SoakWorker> =>
  spawnWorker(name, options).ready();
const untilStarted = (count: number): Promise<void> =>
  until(() => reader.read().started.size >= count, `${count} jobs started`);
const untilFinished = (count: number): Promise<void> =>
  until(() => reader.read().finished.size >= count, `${count} jobs finished`);
const release = (name: string): void => writeFileSync(join(folder, name), '');

/** Jobs that did not finish exactly once. */
function oddities(): Array<readonly [job: number, finished: number]> {
  const { finished } = reader.read();
  return Array.from({ length: enqueued }, (_, job) => [job, finished.get(job) ?? 0] as const).filter(
    ([, times]) => times !== 1,
  );
}

const lost = (): unknown[] => oddities().filter(([, finished]) => finished === 0);

/** Jobs that were started more often than once. */
const startedAgain = (): number => [...reader.read().started.values()].filter((times) => times > 1).length;

const untilDraining = (worker: SoakWorker): Promise<void> =>
  until(() => worker.output.includes('Worker drains'), 'the worker takes no more jobs');

describe('a worker with 100 running jobs and 1,000 behind them', () => {
  it('finishes those that run when it is told to stop, and starts none of the others', async () => {
    await enqueue(1_100, { hold: 'go' });
    const worker = await startWorker('first');
    await untilStarted(100);
    worker.signal('SIGTERM');
    await untilDraining(worker);
    release('go');
    expect(await worker.exited).toBe(0);
    expect(reader.read().finished.size).toBe(100);
    expect(reader.started.size).toBe(100);

    await startWorker('second');
    await untilFinished(1_100);
    expect(oddities()).toEqual([]);
    expect(startedAgain()).toBe(0);
  });

  it('ends at once at the second signal; those that ran run again elsewhere', async () => {
    await enqueue(1_100, { hold: 'go' });
    const worker = await startWorker('first');
    await untilStarted(100);
    worker.signal('SIGTERM');
    await untilDraining(worker);
    await wait(SAME_SIGNAL_MS);
    worker.signal('SIGTERM');
    expect(await worker.exited).toBe(1);
    expect(worker.output).toContain('A second signal (SIGTERM)');
    expect(reader.read().finished.size).toBe(0);

    release('go');
    await startWorker('second');
    await untilFinished(1_100);
    expect(oddities()).toEqual([]);
    expect(startedAgain()).toBe(100);
  });

  it('takes a signal that comes twice in a moment, as npm and `nest start` pass it on, for one', async () => {
    await enqueue(1_100, { hold: 'go' });
    const worker = await startWorker('first');
    await untilStarted(100);
    worker.signal('SIGINT');
    worker.signal('SIGINT');
    worker.signal('SIGTERM');
    await untilDraining(worker);
    release('go');
    expect(await worker.exited).toBe(0);
    expect(reader.read().finished.size).toBe(100);
  });
});

describe('workers that are replaced one after another while thousands of short jobs pass', () => {
  it('run each job once: what completed is acked before the process ends', async () => {
    await enqueue(6_000, { ms: 3 });
    for (let round = 1; round <= 5; round += 1) {
      const worker = await startWorker(`round-${round}`);
      await untilFinished(round * 1_000);
      expect(await worker.end('SIGTERM')).toBe(0);
    }
    await startWorker('last');
    await untilFinished(6_000);
    expect(oddities()).toEqual([]);
    expect(startedAgain()).toBe(0);
  });
});

describe('a worker that is told to stop while it cannot reach the broker', () => {
  let proxy: TcpProxy;
  beforeEach(async () => {
    proxy = await TcpProxy.start(rabbitmqUrl());
    closers.push(() => proxy.refuse());
  });

  it('ends with 0 when the connection is gone; its jobs run elsewhere', async () => {
    await enqueue(200, { hold: 'go' });
    const worker = await startWorker('cut-off', { url: proxy.url });
    await untilStarted(100);
    await proxy.refuse();
    expect(await worker.end('SIGTERM')).toBe(0);
    release('go');
    await startWorker('second');
    await untilFinished(200);
    expect(oddities()).toEqual([]);
  });

  it('ends with 0 when the broker is silent; its jobs run elsewhere', async () => {
    await enqueue(200, { hold: 'go' });
    const worker = await startWorker('stalled', { url: proxy.url });
    await untilStarted(100);
    proxy.stall();
    worker.signal('SIGTERM');
    release('go');
    expect(await worker.exited).toBe(0);
    await startWorker('second');
    await untilFinished(200);
    expect(lost()).toEqual([]);
  });

  it('ends with 0 when there never was a connection', async () => {
    await proxy.refuse();
    const worker = await startWorker('never-connected', { url: proxy.url });
    expect(await worker.end('SIGTERM')).toBe(0);
  });

  it('ends with 0 when it boots while the broker says nothing', async () => {
    proxy.swallow();
    const worker = spawnWorker('swallowed', { url: proxy.url });
    await until(() => proxy.accepted > 0, 'the worker connects');
    expect(await worker.end('SIGTERM')).toBe(0);
  });
});
