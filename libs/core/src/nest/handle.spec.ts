import 'reflect-metadata';
import { Injectable, type OnModuleInit, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  JobHandler,
  JobQueue,
  JobWorker,
  JobsModule,
  type HandleOptions,
  type JobsOptions,
} from '../index.js';
import { silentLogger } from '../kernel/logger.js';
import { until } from '../testing/until.js';

/** Handlers without a decorator, and queues that are taken from on demand. */

const started: INestApplicationContext[] = [];
const ends: Array<() => void> = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  for (const app of started.splice(0)) await app.close();
});

interface Scene {
  readonly jobs: JobQueue;
  readonly worker: JobWorker;
  /** Payloads of jobs that began, in order. */
  readonly begun: unknown[];
  /** Ends the oldest that goes on. */
  readonly end: () => void;
}

async function boot(
  options: HandleOptions,
  module: JobsOptions = {},
  providers: ReadonlyArray<new () => object> = [],
): Promise<Scene> {
  const begun: unknown[] = [];
  @Injectable()
  class Library implements OnModuleInit {
    constructor(private readonly worker: JobWorker) {}

    onModuleInit(): void {
      this.worker.handle(
        'py:',
        ({ payload }) => {
          begun.push(payload);
          if (options.onDemand) return new Promise<void>((resolve) => ends.push(resolve));
          return undefined;
        },
        options,
      );
    }
  }
  const made = await Test.createTestingModule({
    imports: [JobsModule.forRoot({ logger: silentLogger, ...module })],
    providers: [Library, ...providers],
  }).compile();
  started.push(made);
  const app = await made.init();
  const end = () => ends.shift()?.();
  return { jobs: app.get(JobQueue), worker: app.get(JobWorker), begun, end };
}

describe('JobWorker.handle', () => {
  it('runs jobs of the type with the function', async () => {
    const { jobs, begun } = await boot({});
    await jobs.enqueue('py:resize', 1);
    await until(() => begun.length === 1, 'the job runs');
  });

  it('is refused after boot and with worker: false', async () => {
    const { worker } = await boot({});
    expect(() => worker.handle('js:', () => undefined)).toThrow(/bound already/);
    await expect(boot({}, { worker: false })).rejects.toThrow(/worker: false/);
  });

  it('is refused at boot for what is no type, with its place', async () => {
    await expect(boot({ place: 'library', attempts: 0 })).rejects.toThrow(/library: .*attempts/);
  });

  it('on demand excludes handlers of the same queue that take jobs as they come', async () => {
    @Injectable()
    class Others {
      @JobHandler('py:local')
      run(): void {}
    }
    await expect(boot({ onDemand: true, place: 'library' }, {}, [Others])).rejects.toThrow(
      /library: jobs of queue 'py' come on demand only, but Others\.run/,
    );
  });
});

describe('JobWorker.ask', () => {
  it('takes nothing before, and then so many jobs and no more', async () => {
    const { jobs, worker, begun } = await boot({ onDemand: true });
    await jobs.enqueueMany([1, 2, 3, 4].map((payload) => ({ job: 'py:resize', payload })));
    expect(worker.running).toBe(0);
    await worker.ask('py', 2);
    await until(() => begun.length === 2, 'two jobs run');
    await worker.ask('py', 1);
    await until(() => begun.length === 3, 'one more runs');
    expect(begun).toEqual([1, 2, 3]);
    expect((await jobs.queues.view('py')).ready).toBe(1);
  });

  it('takes nothing new once it is asked for none, and lets go on what runs', async () => {
    const { jobs, worker, begun, end } = await boot({ onDemand: true });
    await worker.ask('py', 2);
    await jobs.enqueue('py:resize', 1);
    await until(() => begun.length === 1, 'a job runs');
    await worker.ask('py', 0);
    await jobs.enqueue('py:resize', 2);
    end();
    await until(() => worker.running === 0, 'the job has ended');
    expect(begun).toEqual([1]);
    await worker.ask('py', 1);
    await until(() => begun.length === 2, 'the other runs');
  });

  it('never asks for more at once than the concurrency of the queue', async () => {
    const { jobs, worker, begun } = await boot({ onDemand: true }, { worker: { concurrency: 2 } });
    expect(worker.concurrencyOf('py')).toBe(2);
    await jobs.enqueueMany([1, 2, 3].map((payload) => ({ job: 'py:resize', payload })));
    await worker.ask('py', 10);
    await until(() => begun.length === 2, 'two jobs run');
    expect((await jobs.queues.view('py')).ready).toBe(1);
  });

  it.each([
    ['with priorities', { queues: { py: { priorities: 3 } } }],
    ['with a weight', { worker: { queues: { py: { weight: 2 } } } }],
  ] satisfies Array<[string, JobsOptions]>)(
    'counts what runs in a queue %s, which shares its slots',
    async (_what, options) => {
      const { jobs, worker, begun, end } = await boot({ onDemand: true }, options);
      await jobs.enqueueMany([1, 2, 3, 4].map((payload) => ({ job: 'py:resize', payload })));
      for (const count of [1, 2, 3]) {
        await worker.ask('py', 1);
        await until(() => begun.length === count, `${count} jobs run`);
        await worker.ask('py', 0);
      }
      expect(worker.running).toBe(3);
      end();
      await until(() => worker.running === 2, 'one has ended');
      expect(begun).toHaveLength(3);
      await worker.ask('py', 1);
      await until(() => begun.length === 4, 'the last one runs, too');
    },
  );

  it('takes nothing while the queue is paused, and goes on after', async () => {
    const { jobs, worker, begun } = await boot({ onDemand: true });
    await jobs.queues.pause('py');
    await worker.ask('py', 1);
    await jobs.enqueue('py:resize', 1);
    expect(begun).toEqual([]);
    await jobs.queues.resume('py');
    await until(() => begun.length === 1, 'it runs');
  });

  it('does nothing for a queue that is not on demand', async () => {
    const { jobs, worker, begun } = await boot({});
    await worker.ask('py', 0);
    await jobs.enqueue('py:resize', 1);
    await until(() => begun.length === 1, 'the job runs');
  });
});
