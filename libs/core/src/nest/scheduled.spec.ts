import 'reflect-metadata';
import { Injectable, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Ctx,
  Enqueue,
  JobContext,
  JobHandler,
  JobQueue,
  JobsModule,
  MemoryJobStore,
  Payload,
  Scheduled,
  defineJob,
  type JobsOptions,
} from '../index.js';
import { silentLogger } from '../kernel/logger.js';
import { until } from '../testing/until.js';

const started: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of started.splice(0)) await app.close();
});

async function boot(providers: Type[], options: JobsOptions = {}): Promise<INestApplicationContext> {
  @Module({ providers })
  class AppModule {}
  const module = await Test.createTestingModule({
    imports: [
      JobsModule.forRoot({ logger: silentLogger, store: new MemoryJobStore(), ...options }),
      AppModule,
    ],
  }).compile();
  started.push(module);
  return module.init();
}

async function schedulesOf(app: INestApplicationContext) {
  const { schedules } = app.get(JobQueue);
  await until(async () => (await schedules.list()).length > 0, 'the schedules are declared');
  return await schedules.list();
}

describe('@Scheduled', () => {
  it('makes the method run the job of each occurrence', async () => {
    @Injectable()
    class Reports {
      readonly ran: unknown[] = [];

      @Scheduled({
        every: '1s',
        job: 'report:new',
        payload: ({ at }: { readonly at: Date }) => at.toISOString(),
      })
      make(@Payload() payload: unknown, @Ctx() job: JobContext) {
        this.ran.push([payload, job.headers['occurrence'], job.id]);
      }
    }
    const app = await boot([Reports]);
    const { ran } = app.get(Reports);
    await until(() => ran.length > 0, 'the method runs');
    const [[payload, occurrence, id]] = ran as [[string, string, string]];
    expect([occurrence, id]).toEqual([payload, `Reports.make@${payload}`]);
    expect(payload).toMatch(/\.000Z$/);
  });

  it('takes cron text and options, and the name of class and method', async () => {
    class Nightly {
      @Scheduled('0 2 * * *', {
        tz: 'Europe/Paris',
        job: 'report:nightly',
        payload: { full: true },
        overlap: 'skip',
      })
      make() {}
    }
    Injectable()(Nightly);
    const app = await boot([Nightly]);
    expect(await schedulesOf(app)).toMatchObject([
      {
        name: 'Nightly.make',
        origin: 'code',
        cron: '0 2 * * *',
        tz: 'Europe/Paris',
        job: 'report:nightly',
        payload: { full: true },
        overlap: 'skip',
      },
    ]);
  });

  it('enqueues what the method runs anyway, of a handler and of @Enqueue, without a second handler', async () => {
    const Weekly = defineJob()('report:weekly');
    @Injectable()
    class Reports {
      @Scheduled('0 2 * * 1', { name: 'a' })
      @JobHandler(Weekly)
      weekly() {}

      @Scheduled('0 3 * * *', { name: 'b' })
      @Scheduled('0 15 * * *', { name: 'c', job: 'report:daily' })
      @Enqueue('report:daily')
      async daily(): Promise<unknown> {
        return undefined;
      }
    }
    const app = await boot([Reports]);
    const found = await schedulesOf(app);
    expect(found.map(({ name, job }) => [name, job])).toEqual([
      ['a', 'report:weekly'],
      ['b', 'report:daily'],
      ['c', 'report:daily'],
    ]);
  });

  it('is declared neither where nothing runs jobs, nor with schedules: false', async () => {
    @Injectable()
    class Reports {
      @Scheduled('0 2 * * *', { job: 'report:new' })
      make() {}
    }
    const store = new MemoryJobStore();
    const apps = [
      await boot([Reports], { store, worker: false }),
      await boot([Reports], { store: store.connect(), schedules: false }),
    ];
    await Promise.all(apps.map((app) => app.get(JobQueue).enqueue('report:new')));
    expect(await apps[0]!.get(JobQueue).schedules.list()).toEqual([]);
  });

  it.each([
    ['no job', Scheduled('0 2 * * *'), {}, /Reports\.make: @Scheduled: it does not say which job/],
    [
      'wrong options, all of them',
      Scheduled('61 * * * *', { job: 'report:new', tz: 'UTC', limit: 0 }),
      {},
      /Reports\.make: @Scheduled: option limit: 0 is not/,
    ],
    [
      'an unknown zone',
      Scheduled('0 2 * * *', { job: 'report:new', tz: 'Paris' }),
      {},
      /Reports\.make: @Scheduled: option tz: 'Paris' is no time zone/,
    ],
    ['no cron text', Scheduled('soon', { job: 'report:new' }), {}, /option cron: "soon" is no cron text/],
    [
      'no store',
      Scheduled('0 2 * * *', { job: 'report:new' }),
      { store: false },
      /Reports\.make: @Scheduled: schedules need a job store/,
    ],
    [
      'an unknown option',
      Scheduled('0 2 * * *', { job: 'report:new', zone: 'UTC' } as object),
      {},
      /option zone: there is no such option/,
    ],
    [
      'a bad name',
      Scheduled('0 2 * * *', { job: 'report:new', name: 'a b' }),
      {},
      /"a b" is no name of a schedule/,
    ],
  ] as const)('is refused at boot: %s', async (_what, decorator, options, message) => {
    class Reports {
      make() {}
    }
    decorator(Reports.prototype, 'make', Object.getOwnPropertyDescriptor(Reports.prototype, 'make')!);
    Injectable()(Reports);
    await expect(boot([Reports], options)).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(message) as string,
    });
  });

  it('is refused at once on what is no method, and for a definition that is not there yet', () => {
    expect(() => {
      class Reports {
        @Scheduled('0 2 * * *', { job: undefined as never })
        make() {}
      }
      return Reports;
    }).toThrow(/Reports\.make: @Scheduled\(undefined\): the definition is not there yet/);
    expect(() => {
      class Reports {
        @Scheduled('0 2 * * *', { job: 'report:new' })
        static make() {}
      }
      return Reports;
    }).toThrow(/@Scheduled on a static member/);
  });
});
