import 'reflect-metadata';
import { Inject, Injectable, Module, Scope, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { IsEmail } from 'class-validator';
import {
  ConfigurationError,
  Enqueue,
  InjectJobQueue,
  JobContext,
  JobEvents,
  JobHandler,
  JobQueue,
  JobWorker,
  JobsModule,
  Payload,
  defineJob,
  getJobEventsToken,
  getJobQueueToken,
  type EnqueueFn,
  type JobsOptions,
  type JobsOptionsFactory,
} from '../index.js';
import { silentLogger } from '../kernel/logger.js';
import { Recorder } from '../testing/recorder.js';
import { until } from '../testing/until.js';

class EmailDto {
  @IsEmail()
  to!: string;
}
const EmailNew = defineJob<string>()('email:new', { payload: EmailDto });

@Injectable()
class EmailHandlers {
  @JobHandler(EmailNew)
  send(@Payload() email: EmailDto) {
    return `${email.constructor.name} ${email.to}`;
  }
}

const started: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of started.splice(0)) await app.close();
});

async function boot(
  metadata: Parameters<typeof Test.createTestingModule>[0],
): Promise<INestApplicationContext> {
  const module = await Test.createTestingModule(metadata).compile();
  started.push(module);
  return module.init();
}

function record(app: INestApplicationContext, connection?: string): Recorder {
  const recorder = new Recorder();
  app.get<JobEvents>(getJobEventsToken(connection)).events$.subscribe(recorder.observer);
  return recorder;
}

const quiet: JobsOptions = { logger: silentLogger };

describe('JobsModule', () => {
  it('runs a job with a validated instance of its payload class', async () => {
    const app = await boot({ imports: [JobsModule.forRoot(quiet)], providers: [EmailHandlers] });
    const recorder = record(app);
    await app.get(JobQueue).enqueue(EmailNew, { to: 'a@example.com' });
    expect(await recorder.next('completed')).toMatchObject({ result: 'EmailDto a@example.com' });
    await expect(app.get(JobQueue).enqueue(EmailNew, { to: 'nobody' })).rejects.toMatchObject({
      code: 'WARREN_PAYLOAD_INVALID',
    });
  });

  it('takes the payload class from the parameter when the handler names a type only', async () => {
    @Injectable()
    class Handlers {
      @JobHandler('email:old', { attempts: 5 })
      send(@Payload() email: EmailDto) {
        return email.constructor.name;
      }
    }
    const app = await boot({ imports: [JobsModule.forRoot(quiet)], providers: [Handlers] });
    const recorder = record(app);
    await app.get(JobQueue).enqueue('email:old', { to: 'nobody' });
    expect(await recorder.next('failed')).toMatchObject({ reason: 'rejected', attempt: 1 });
    await app.get(JobQueue).enqueue('email:old', { to: 'a@example.com' });
    expect(await recorder.next('completed')).toMatchObject({ result: 'EmailDto' });
  });

  it.each([
    ['useFactory', { useFactory: (app: string) => ({ ...quiet, app }), inject: ['APP'] }],
    ['useClass', { useClass: OptionsFactory() }],
    ['useExisting', { useExisting: 'EXISTING' as never }],
  ])('takes its options from %s', async (_way, options) => {
    @Module({
      providers: [
        { provide: 'APP', useValue: 'shop' },
        { provide: 'EXISTING', useClass: OptionsFactory() },
      ],
      exports: ['APP', 'EXISTING'],
    })
    class ConfigurationModule {}
    const app = await boot({
      imports: [JobsModule.forRootAsync({ imports: [ConfigurationModule], ...options })],
      providers: [EmailHandlers],
    });
    const recorder = record(app);
    await app.get(JobQueue).enqueue(EmailNew, { to: 'a@example.com' });
    await recorder.next('completed');
  });

  it('lists all problems of options and handlers in one error', async () => {
    const wrong = boot({
      imports: [JobsModule.forRoot({ ...quiet, app: 'no good', publishTimeout: 'soon' as never })],
    });
    const error = await wrong.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).problems).toHaveLength(2);
  });

  it('only enqueues with worker: false, and takes jobs later with autoStart: false', async () => {
    const producer = await boot({
      imports: [JobsModule.forRoot({ ...quiet, worker: false })],
      providers: [EmailHandlers],
    });
    expect(producer.get(JobWorker).queues).toEqual([]);
    await expect(producer.get(JobWorker).start()).rejects.toThrow(/worker: false/);

    const late = await boot({
      imports: [JobsModule.forRoot({ ...quiet, worker: { autoStart: false } })],
      providers: [EmailHandlers],
    });
    const recorder = record(late);
    await late.get(JobQueue).enqueue(EmailNew, { to: 'a@example.com' });
    expect(late.get(JobWorker).status().consumers).toEqual([]);
    await late.get(JobWorker).start();
    await recorder.next('completed');
  });

  it('keeps several connections apart', async () => {
    @Injectable()
    class Billing {
      constructor(@InjectJobQueue('billing') readonly jobs: JobQueue) {}
      @JobHandler('some:job', { connection: 'billing' })
      run() {
        return 'billing';
      }
    }
    @Injectable()
    class Main {
      @JobHandler('some:job')
      run() {
        return 'main';
      }
    }
    const app = await boot({
      imports: [JobsModule.forRoot(quiet), JobsModule.forRoot({ ...quiet, connection: 'billing' })],
      providers: [Billing, Main],
    });
    const [main, billing] = [record(app), record(app, 'billing')];
    expect(app.get(Billing).jobs).toBe(app.get(getJobQueueToken('billing')));
    await app.get(Billing).jobs.enqueue('some:job');
    expect(await billing.next('completed')).toMatchObject({ result: 'billing' });
    await app.get(JobQueue).enqueue('some:job');
    expect(await main.next('completed')).toMatchObject({ result: 'main' });
    expect(billing.all('completed')).toHaveLength(1);
  });

  it('refuses a handler for a connection that nobody made', async () => {
    @Injectable()
    class Lost {
      @JobHandler('some:job', { connection: 'biling' })
      run() {
        return 1;
      }
    }
    await expect(
      boot({
        imports: [JobsModule.forRoot(quiet), JobsModule.forRoot({ ...quiet, connection: 'billing' })],
        providers: [Lost],
      }),
    ).rejects.toThrow(/Lost\.run.*'biling'.*billing/);
  });

  it('can be replaced in a test by its token', async () => {
    const enqueued: unknown[] = [];
    const module = await Test.createTestingModule({ imports: [JobsModule.forRoot(quiet)] })
      .overrideProvider(getJobQueueToken())
      .useValue({ enqueue: (type: string) => enqueued.push(type) })
      .compile();
    started.push(module);
    await module.get(JobQueue).enqueue('email:new');
    expect(enqueued).toEqual(['email:new']);
  });
});

describe('@Enqueue', () => {
  it('on a method enqueues when called and runs the body in the worker', async () => {
    @Injectable()
    class Reports {
      readonly ran: string[] = [];
      @Enqueue('report:monthly')
      async monthly(month: string): Promise<void> {
        this.ran.push(`${month} ${JobContext.currentOrUndefined()?.type ?? 'no job'}`);
        await Promise.resolve();
      }
    }
    const app = await boot({ imports: [JobsModule.forRoot(quiet)], providers: [Reports] });
    const recorder = record(app);
    const reports = app.get(Reports);
    await reports.monthly('2026-01');
    await recorder.next('completed');
    expect(reports.ran).toEqual(['2026-01 report:monthly']);
    await expect((reports.monthly as (...given: unknown[]) => Promise<void>)('a', 'b')).rejects.toThrow(
      /one payload/,
    );
  });

  it('on a property is a typed function', async () => {
    @Injectable()
    class Signup {
      @Enqueue(EmailNew) readonly sendEmail!: EnqueueFn<typeof EmailNew>;
    }
    const app = await boot({ imports: [JobsModule.forRoot(quiet)], providers: [Signup, EmailHandlers] });
    const recorder = record(app);
    const job = await app.get(Signup).sendEmail({ to: 'a@example.com' }, { correlationId: 'c-1' });
    expect(await recorder.next('completed')).toMatchObject({ jobId: job.id, correlationId: 'c-1' });
    await expect(new Signup().sendEmail({ to: 'a@example.com' })).rejects.toMatchObject({
      code: 'WARREN_CLOSED',
    });
  });

  it('belongs to the application of its instance', async () => {
    @Injectable()
    class Signup {
      @Enqueue(EmailNew) readonly sendEmail!: EnqueueFn<typeof EmailNew>;
    }
    const metadata = () => ({ imports: [JobsModule.forRoot(quiet)], providers: [Signup, EmailHandlers] });
    const [first, second] = [await boot(metadata()), await boot(metadata())];
    const [firstMoments, secondMoments] = [record(first), record(second)];
    await first.get(Signup).sendEmail({ to: 'a@example.com' });
    await firstMoments.next('completed');
    expect(secondMoments.moments).toEqual([]);
  });

  it('on a class that is made for each request is a boot error', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      @Enqueue(EmailNew) readonly sendEmail!: EnqueueFn<typeof EmailNew>;
    }
    await expect(boot({ imports: [JobsModule.forRoot(quiet)], providers: [Scoped] })).rejects.toThrow(
      /Scoped\.sendEmail: @Enqueue needs a singleton/,
    );
  });
});

describe('the life of an application', () => {
  it('starts jobs after every module has booted, and drains before any is destroyed', async () => {
    const order: string[] = [];
    @Injectable()
    class Database {
      isOpen = false;
      async onModuleInit() {
        await Promise.resolve();
        this.isOpen = true;
        order.push('database opened');
      }
      onApplicationBootstrap() {
        order.push('database bootstrapped');
      }
      onModuleDestroy() {
        this.isOpen = false;
        order.push('database closed');
      }
    }
    @Module({ providers: [Database], exports: [Database] })
    class DatabaseModule {}
    @Injectable()
    class Handlers {
      constructor(@Inject(Database) private readonly database: Database) {}
      @JobHandler('some:job')
      async run() {
        order.push(`job began, database ${this.database.isOpen ? 'open' : 'closed'}`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`job ended, database ${this.database.isOpen ? 'open' : 'closed'}`);
      }
    }
    @Module({ imports: [DatabaseModule], providers: [Handlers] })
    class FeatureModule {}
    const module = await Test.createTestingModule({
      imports: [JobsModule.forRoot(quiet), FeatureModule, DatabaseModule],
    }).compile();
    const early = module.get(JobQueue).enqueue('some:job');
    await module.init();
    const recorder = record(module);
    const first = await early;
    await recorder.next('completed');
    await module.get(JobQueue).enqueue('some:job');
    await recorder.next('started', ({ jobId }) => jobId !== first.id);
    await module.close();
    expect(order).toEqual([
      'database opened',
      'database bootstrapped',
      'job began, database open',
      'job ended, database open',
      'job began, database open',
      'job ended, database open',
      'database closed',
    ]);
  });

  it('refuses in production to keep jobs in memory', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      await expect(boot({ imports: [JobsModule.forRoot(quiet)] })).rejects.toMatchObject({
        code: 'WARREN_IN_MEMORY_REFUSED',
      });
      await boot({
        imports: [JobsModule.forRoot({ ...quiet, allowInMemory: true, unprovidedHandlers: 'ignore' })],
      });
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });
});

function OptionsFactory() {
  @Injectable()
  class Factory implements JobsOptionsFactory {
    createJobsOptions(): JobsOptions {
      return quiet;
    }
  }
  return Factory;
}

describe('a worker that does not listen to SIGTERM', () => {
  it('is warned of, once it has had the time to call enableShutdownHooks', async () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (line: string) => void warnings.push(line) };
    await boot({ imports: [JobsModule.forRoot({ logger })], providers: [EmailHandlers] });
    await until(() => warnings.length > 0, 'the warning');
    expect(warnings).toEqual([expect.stringContaining('Call app.enableShutdownHooks()')]);
  });
});
