import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { JobQueue, JobsModule } from 'nestjs-warren';
import { buildLibraries } from '../support/build.js';
import { removeApp, uniqueApp } from '../support/broker-objects.js';
import { rabbitmqUrl } from '../support/services.js';
import { until } from '../support/until.js';

interface Event {
  readonly booting?: true;
  readonly ready?: true;
  readonly started?: number;
  readonly finished?: number;
  readonly database?: string;
}

/** A worker in a process of its own, and what it said. */
class WorkerProcess {
  readonly events: Event[] = [];
  /** What the application logged. */
  readonly lines: string[] = [];
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown[]>;

  constructor(app: string, environment: Record<string, string> = {}) {
    this.child = spawn(process.execPath, ['test/fixtures/worker.mjs'], {
      env: { ...process.env, RABBITMQ_URL: rabbitmqUrl(), TEST_APP: app, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = once(this.child, 'exit');
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      if (line.startsWith('{')) this.events.push(JSON.parse(line) as Event);
      else this.lines.push(line);
    });
    createInterface({ input: this.child.stderr! }).on('line', (line) => this.lines.push(line));
  }

  started(): number[] {
    return this.events.flatMap(({ started }) => started ?? []);
  }

  finished(): number[] {
    return this.events.flatMap(({ finished }) => finished ?? []);
  }

  async ready(): Promise<this> {
    await until(() => this.events.some(({ ready }) => ready), 'the worker process is ready');
    return this;
  }

  /** Exit code after the signal. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    const [code] = await this.exited;
    return code as number | null;
  }
}

describe('a worker process that is told to stop', () => {
  let app: string;
  let producer: INestApplicationContext;
  let jobs: JobQueue;
  const processes: WorkerProcess[] = [];

  beforeAll(() => buildLibraries());
  beforeEach(async () => {
    app = uniqueApp('shutdown');
    class Producer {}
    Module({ imports: [JobsModule.forRoot({ url: rabbitmqUrl(), app, worker: false })] })(Producer);
    producer = await NestFactory.createApplicationContext(Producer, { logger: false });
    jobs = producer.get(JobQueue);
  });
  afterEach(async () => {
    for (const process of processes.splice(0)) await process.end('SIGKILL');
    await producer.close();
    await removeApp(rabbitmqUrl(), app);
  });

  async function startWorker(environment?: Record<string, string>): Promise<WorkerProcess> {
    const worker = new WorkerProcess(app, environment);
    processes.push(worker);
    return worker.ready();
  }

  it('finishes what runs before the database goes, gives back the rest, and exits with 0', async () => {
    await jobs.enqueueMany(
      Array.from({ length: 20 }, (_, number) => ({ job: 'slow:job', payload: { number, ms: 500 } })),
    );
    const first = await startWorker();
    await until(() => first.started().length >= 5, 'five jobs run');
    expect(await first.end('SIGTERM')).toBe(0);
    expect(first.finished().sort()).toEqual(first.started().sort());
    const closedAt = first.events.findIndex(({ database }) => database === 'closed');
    const lastFinishedAt = first.events.findLastIndex(({ finished }) => finished !== undefined);
    expect(closedAt).toBeGreaterThan(lastFinishedAt);

    const second = await startWorker({ TEST_CONCURRENCY: '20' });
    await until(() => first.finished().length + second.finished().length === 20, 'all jobs finished');
    const all = [...first.finished(), ...second.finished()].sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 20 }, (_, number) => number));
    expect(await second.end('SIGTERM')).toBe(0);
  });

  it('gives back what does not end in shutdownTimeout, and another worker runs it', async () => {
    await jobs.enqueue('slow:job', { number: 1, ms: 2_000 });
    const first = await startWorker({ TEST_SHUTDOWN_TIMEOUT: '100ms' });
    await until(() => first.started().length === 1, 'the job runs');
    expect(await first.end('SIGTERM')).toBe(0);
    expect(first.finished()).toEqual([]);
    const second = await startWorker();
    await until(() => second.finished().length === 1, 'the job finished elsewhere');
    expect(await second.end('SIGTERM')).toBe(0);
  });

  it('exits while handlers run on that ignore their signals, those given up before among them', async () => {
    await jobs.enqueue('slow:job', { number: 1, ms: 120_000, ignoresSignal: true }, { attempts: 1 });
    const worker = await startWorker({ TEST_TIMEOUT: '200ms', TEST_SHUTDOWN_TIMEOUT: '100ms' });
    const letters = jobs.deadLetters('slow');
    await until(async () => (await letters.list()).length === 1, 'the first one is given up');
    await jobs.enqueue(
      'slow:job',
      { number: 2, ms: 120_000, ignoresSignal: true },
      { timeout: '1m', attempts: 1 },
    );
    await until(() => worker.started().includes(2), 'the second one runs');
    expect(await worker.end('SIGTERM')).toBe(0);
    expect(worker.finished()).toEqual([]);
    expect(worker.lines.join('\n')).toMatch(/2 handlers still run in spite of an aborted signal/);
    expect((await letters.list()).map(({ reason }) => reason)).toEqual(['exhausted']);
  });

  it('obeys a signal that comes during the boot when the boot is over', async () => {
    const worker = new WorkerProcess(app, { TEST_BOOT_MS: '500' });
    processes.push(worker);
    await until(() => worker.events.some(({ booting }) => booting), 'the worker boots');
    expect(await worker.end('SIGTERM')).toBe(0);
    expect(worker.events.at(-1)).toEqual({ database: 'closed' });
  });

  it('loses nothing when it is killed', async () => {
    await jobs.enqueueMany(
      Array.from({ length: 10 }, (_, number) => ({ job: 'slow:job', payload: { number, ms: 100 } })),
    );
    const first = await startWorker();
    await until(() => first.started().length >= 5, 'five jobs run');
    await first.end('SIGKILL');
    const second = await startWorker();
    const done = () => new Set([...first.finished(), ...second.finished()]).size;
    await until(() => done() === 10, 'all jobs finished');
    expect(await second.end('SIGTERM')).toBe(0);
  });
});
