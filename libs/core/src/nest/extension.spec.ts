import 'reflect-metadata';
import { Global, Injectable, Module, type INestApplicationContext, type OnModuleInit } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { JOBS_EXTENSION, JobQueue, JobHandler, JobsModule, getJobQueueToken } from '../index.js';
import type { JobsExtension, JobsOptions } from '../index.js';
import { silentLogger } from '../kernel/logger.js';
import { Recorder } from '../testing/recorder.js';

/** What a module beside `JobsModule` adds to all connections. */

const started: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of started.splice(0)) await app.close();
});

const steps: string[] = [];
const recorder = new Recorder();
const noting = (name: string): NonNullable<JobsOptions['middleware']> => ({
  enqueue: [(context, next) => (steps.push(`${name} enqueues ${context.type}`), next())],
  run: [(context, next) => (steps.push(`${name} runs ${context.type}`), next())],
});

@Injectable()
class Early implements OnModuleInit {
  constructor(private readonly jobs: JobQueue) {}

  async onModuleInit(): Promise<void> {
    await this.jobs.enqueue('a:early');
  }

  @JobHandler('a:')
  @JobHandler('a:', { connection: 'second' })
  run(): void {}
}

async function boot(extension: JobsExtension, options: JobsOptions = {}): Promise<INestApplicationContext> {
  @Global()
  @Module({
    // Made later than whatever else there is.
    providers: [{ provide: JOBS_EXTENSION, useFactory: async () => Promise.resolve(extension) }],
    exports: [JOBS_EXTENSION],
  })
  class ExtendingModule {}
  const module = await Test.createTestingModule({
    imports: [
      JobsModule.forRoot({ logger: silentLogger, ...options }),
      JobsModule.forRoot({ connection: 'second', logger: silentLogger }),
      ExtendingModule,
    ],
    providers: [Early],
  }).compile();
  started.push(module);
  return module.init();
}

it('wraps each connection from its first enqueue on, outside the middleware of its options', async () => {
  const connections: string[] = [];
  const app = await boot(
    {
      middleware: (connection) => noting(`extension of ${connection}`),
      connectionMade: (warren, connection) => {
        connections.push(`${connection} ${warren.settings.connection}`);
        warren.observe(recorder.observer);
      },
    },
    { middleware: noting('options') },
  );
  await recorder.next('completed', ({ type }) => type === 'a:early');
  expect(steps.splice(0)).toEqual([
    'extension of default enqueues a:early',
    'options enqueues a:early',
    'extension of default runs a:early',
    'options runs a:early',
  ]);
  await app.get<JobQueue>(getJobQueueToken('second')).enqueue('a:other');
  await recorder.next('completed', ({ type }) => type === 'a:other');
  expect(steps.splice(0)).toEqual([
    'extension of second enqueues a:other',
    'extension of second runs a:other',
  ]);
  expect(connections.sort()).toEqual(['default default', 'second second']);
});

it('leaves options that are wrong to the check of them', async () => {
  const middleware = { run: 'no list' } as never;
  await expect(boot({ middleware: () => noting('extension') }, { middleware })).rejects.toThrow(
    /middleware\.run/,
  );
});

it('may add nothing', async () => {
  const app = await boot({});
  await expect(app.get(JobQueue).enqueue('a:plain')).resolves.toMatchObject({ type: 'a:plain' });
});
