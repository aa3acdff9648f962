import 'reflect-metadata';
import {
  ConsoleLogger,
  Injectable,
  Logger as NestLogger,
  Module,
  type DynamicModule,
  type INestApplicationContext,
  type Provider,
  type Type,
} from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  Ctx,
  Enqueue,
  JobContext,
  JobEvents,
  JobHandler,
  JobQueue,
  JobWorker,
  JobsModule,
  getJobQueueToken,
  type JobDefinition,
  type JobsOptions,
} from '../index.js';
import { silentLogger } from '../kernel/logger.js';
import { Recorder } from '../testing/recorder.js';
import { until } from '../testing/until.js';

const started: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of started.splice(0)) await app.close();
});

const quiet: JobsOptions = { logger: silentLogger };

async function bootWith(imports: Array<DynamicModule | Type>, providers: Provider[] = []) {
  const app = await Test.createTestingModule({ imports, providers }).compile();
  started.push(app);
  return app.init();
}

/** With the warnings of the boot. */
async function boot(providers: Provider[], options: JobsOptions = {}, imports: Type[] = []) {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (line: string) => void warnings.push(line) };
  const app = await bootWith([JobsModule.forRoot({ logger, ...options }), ...imports], providers);
  return { app, warnings };
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('decorators refuse at once', () => {
  it('a definition that is not there yet, naming class and member', () => {
    const missing = undefined as unknown as JobDefinition;
    const handler = thrownBy(() => {
      class Emails {
        @JobHandler(missing)
        send(): void {
          return undefined;
        }
      }
      return Emails;
    });
    const property = thrownBy(() => {
      class Emails {
        @Enqueue(missing) send: unknown;
      }
      return Emails;
    });
    expect(handler).toMatchObject({ code: 'WARREN_CONFIGURATION' });
    expect(handler).toMatchObject({
      message: expect.stringMatching(/Emails\.send: @JobHandler\(undefined\)/) as string,
    });
    expect(property).toMatchObject({
      message: expect.stringMatching(/Emails\.send: @Enqueue\(undefined\)/) as string,
    });
  });

  it('what is neither a type nor a definition', () => {
    expect(() => {
      class Emails {
        @JobHandler({ type: 'email:new' } as never)
        send(): void {
          return undefined;
        }
      }
      return Emails;
    }).toThrow(/Emails\.send: @JobHandler\(an object\) names no job/);
  });

  it('a second @Enqueue on one member', () => {
    expect(() => {
      class Emails {
        @Enqueue('a:job')
        @Enqueue('b:job')
        async send(): Promise<void> {
          await Promise.resolve();
        }
      }
      return Emails;
    }).toThrow(/Emails\.send: two @Enqueue, for 'b:job' and 'a:job'/);
    expect(() => {
      class Emails {
        @Enqueue('a:job')
        @Enqueue('b:job')
        send: unknown;
      }
      return Emails;
    }).toThrow(/Emails\.send: two @Enqueue/);
  });

  it('methods that Nest never finds: static ones, and those with a symbol for a name', () => {
    const name = Symbol('hidden');
    expect(() => {
      class Emails {
        @JobHandler('email:new')
        static send(): void {
          return undefined;
        }
      }
      return Emails;
    }).toThrow(/^Emails\.send: @JobHandler on a static member.*remove 'static'/);
    expect(() => {
      class Emails {
        @JobHandler('email:new')
        [name](): void {
          return undefined;
        }
      }
      return Emails;
    }).toThrow(/Emails\.Symbol\(hidden\): @JobHandler on a method whose name is a symbol/);
    expect(() => {
      class Emails {
        @Enqueue('email:new')
        async [name](): Promise<void> {
          await Promise.resolve();
        }
      }
      return Emails;
    }).toThrow(/@Enqueue on a method whose name is a symbol/);
  });

  it('@JobHandler on a property', () => {
    expect(() => {
      class Emails {
        @((JobHandler as unknown as (type: string) => PropertyDecorator)('email:new'))
        send = () => undefined;
      }
      return Emails;
    }).toThrow(/Emails\.send: @JobHandler on something that is no method/);
  });

  it('but a subclass may declare an @Enqueue property anew', async () => {
    class Base {
      @Enqueue('base:job') send!: (payload: unknown) => Promise<unknown>;
    }
    @Injectable()
    class Child extends Base {
      @Enqueue('child:job') declare send: (payload: unknown) => Promise<unknown>;
    }
    const { app } = await boot([Child]);
    const recorder = new Recorder();
    app.get(JobEvents).events$.subscribe(recorder.observer);
    await app.get(Child).send({});
    expect(await recorder.next('enqueued')).toMatchObject({ type: 'child:job' });
  });
});

describe('an override without a decorator', () => {
  abstract class Base {
    @JobHandler('base:job')
    run(): string {
      return 'base';
    }
    @Enqueue('base:report')
    async report(): Promise<unknown> {
      return await Promise.resolve('base');
    }
  }

  it('of a decorated method is warned of at boot', async () => {
    @Injectable()
    class Child extends Base {
      override run(): string {
        return 'child';
      }
      override async report(): Promise<unknown> {
        return await Promise.resolve('child');
      }
    }
    const worker = await boot([Child]);
    expect(worker.warnings).toEqual([
      expect.stringMatching(/^Child\.run overrides Base\.run without its @JobHandler\('base:job'\)/),
      expect.stringMatching(/^Child\.report overrides Base\.report without its @Enqueue\('base:report'\)/),
    ]);
    const producer = await boot([Child], { worker: false });
    expect(producer.warnings).toEqual([expect.stringContaining('Child.report overrides')]);
  });

  it('that has one itself may extend the inherited body with super, which makes no second job', async () => {
    const ran: string[] = [];
    class Plain {
      @Enqueue('base:report')
      async report(month: string): Promise<unknown> {
        return await Promise.resolve(ran.push(`base ${month}`));
      }
    }
    @Injectable()
    class Extended extends Plain {
      @Enqueue('child:report')
      override async report(month: string): Promise<unknown> {
        ran.push(`child ${month}`);
        return await super.report(month);
      }
    }
    const { app } = await boot([Extended]);
    const recorder = new Recorder();
    app.get(JobEvents).events$.subscribe(recorder.observer);
    await app.get(Extended).report('2026-01');
    expect(await recorder.next('completed')).toMatchObject({ type: 'child:report', result: 2 });
    expect(ran).toEqual(['child 2026-01', 'base 2026-01']);
    expect(recorder.all('enqueued')).toHaveLength(1);
  });

  it('is fine when it has one itself, or the other class runs the jobs', async () => {
    @Injectable()
    class Decorated extends Base {
      @JobHandler('child:job')
      override run(): string {
        return 'child';
      }
    }
    expect((await boot([Decorated])).warnings).toEqual([]);
    @Injectable()
    class Parent {
      @JobHandler('parent:job')
      run(): string {
        return 'parent';
      }
    }
    @Injectable()
    class Child extends Parent {
      override run(): string {
        return 'child';
      }
    }
    expect((await boot([Parent, Child])).warnings).toEqual([]);
  });
});

describe('a class that is provided twice', () => {
  @Injectable()
  class Emails {
    @JobHandler('email:new')
    send(): void {
      return undefined;
    }
  }

  it('in two modules, is refused with the names of both', async () => {
    @Module({ providers: [Emails] })
    class FirstModule {}
    @Module({ providers: [Emails] })
    class SecondModule {}
    await expect(boot([], {}, [FirstModule, SecondModule])).rejects.toMatchObject({
      problems: [
        expect.stringMatching(/^Emails: it is provided in FirstModule and SecondModule.*export it there/),
      ],
    });
    await expect(boot([], { worker: false }, [FirstModule, SecondModule])).resolves.toBeDefined();
  });

  it('in one module, is refused with the way to give it two tokens', async () => {
    await expect(boot([Emails, { provide: 'again', useClass: Emails }])).rejects.toMatchObject({
      problems: [expect.stringMatching(/^Emails: RootTestModule provides it 2 times.*useExisting/)],
    });
  });
});

describe('handlers that nobody provides', () => {
  class Forgotten {
    @JobHandler('forgotten:job')
    run(): void {
      return undefined;
    }
  }

  it("are a warning with unprovidedHandlers: 'warn', which tells of other applications and the option", async () => {
    const { warnings } = await boot([], { unprovidedHandlers: 'warn' });
    expect(Forgotten).toBeDefined();
    expect(warnings.filter((line) => line.startsWith('Forgotten.run'))).toEqual([
      expect.stringMatching(
        /in the providers of no module.*another application.*unprovidedHandlers: 'ignore'/,
      ),
    ]);
  });
});

describe('a module that is loaded after the boot', () => {
  it('can enqueue, but its @Enqueue members are not bound and its handlers not found', async () => {
    @Injectable()
    class Late {
      constructor(readonly jobs: JobQueue) {}
      @Enqueue('late:job') send!: (payload: unknown) => Promise<unknown>;
      @JobHandler('late:job')
      run(): void {
        return undefined;
      }
    }
    @Module({ providers: [Late] })
    class LateModule {}
    const { app } = await boot([]);
    const late = (await app.get(LazyModuleLoader).load(() => LateModule)).get(Late);
    await expect(late.send({})).rejects.toMatchObject({ code: 'WARREN_CLOSED' });
    expect((await late.jobs.enqueue('late:job')).queue).toBe('late');
    expect(app.get(JobWorker).queues).toEqual([]);
  });
});

describe('forRoot', () => {
  it('without arguments is forRoot({})', async () => {
    const app = await Test.createTestingModule({ imports: [JobsModule.forRoot()] })
      .setLogger(new NoLog())
      .compile();
    started.push(app);
    await app.init();
    expect(app.get(JobWorker).queues).toEqual([]);
  });

  it('without arguments refuses to keep jobs in memory in production', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      const building = Test.createTestingModule({ imports: [JobsModule.forRoot()] }).setLogger(new NoLog());
      await expect(building.compile()).rejects.toMatchObject({ code: 'WARREN_IN_MEMORY_REFUSED' });
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });

  it('and forRootAsync refuse what is no object of options', async () => {
    expect(() => JobsModule.forRoot(null as never)).toThrow(/JobsModule\.forRoot\(\): null is not an object/);
    expect(() => JobsModule.forRootAsync(undefined as never)).toThrow(/Give useFactory/);
    const nothing = JobsModule.forRootAsync({ useFactory: () => undefined as never });
    await expect(bootWith([nothing])).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(
        /what the factory gave: undefined is not an object.*Return \{\}/,
      ) as string,
    });
  });

  it('with isGlobal: false gives its providers to importing modules only', async () => {
    @Injectable()
    class Signup {
      constructor(readonly jobs: JobQueue) {}
    }
    const jobs = JobsModule.forRoot({ ...quiet, isGlobal: false });
    @Module({ imports: [jobs], providers: [Signup] })
    class Importing {}
    @Module({ providers: [Signup] })
    class Apart {}
    const app = await bootWith([jobs, Importing]);
    expect(app.get(Signup, { strict: false }).jobs).toBe(app.get(JobQueue));
    await expect(bootWith([jobs, Apart])).rejects.toThrow(/Nest can't resolve dependencies of the Signup/);
  });

  it('boots beside a value without a class', async () => {
    const bare = Object.create(Object.create(null) as object) as object;
    await expect(boot([{ provide: 'BARE', useValue: bare }])).resolves.toBeDefined();
  });
});

class NoLog extends ConsoleLogger {
  constructor() {
    super({ logLevels: [] });
  }
}

describe('the logger option', () => {
  it("takes Nest's LoggerService, whose info is log", async () => {
    const lines: string[] = [];
    class Own extends NoLog {
      override log(message: unknown): void {
        lines.push(String(message));
      }
    }
    @Injectable()
    class Emails {
      @JobHandler('email:new')
      send(): void {
        return undefined;
      }
    }
    await bootWith([JobsModule.forRoot({ logger: new Own() })], [Emails]);
    expect(lines).toContainEqual(expect.stringContaining('Mapped {email:new} -> Emails.send'));
    await bootWith([JobsModule.forRoot({ logger: new NestLogger('Own') })]);
    const { log, error, warn } = { log: () => undefined, error: () => undefined, warn: () => undefined };
    await bootWith([JobsModule.forRoot({ logger: { log, error, warn } })]);
  });

  it('refuses what cannot log', async () => {
    await expect(
      bootWith([JobsModule.forRoot({ logger: { log: () => undefined } as never })]),
    ).rejects.toThrow(/logger: .*Missing: error, warn, info, debug/);
  });
});

describe('several connections', () => {
  const billing = (options: JobsOptions = {}) =>
    JobsModule.forRoot({ ...quiet, ...options, connection: 'billing' });

  it('of one name are refused, naming it', async () => {
    @Module({ imports: [billing()] })
    class Feature {}
    await expect(bootWith([JobsModule.forRoot(quiet), billing(), Feature])).rejects.toThrow(
      /the connection 'billing' is made 2 times.*Import it once.*connection: '…'/,
    );
    await expect(bootWith([JobsModule.forRoot(quiet), JobsModule.forRoot(quiet)])).rejects.toThrow(
      /the connection 'default' is made 2 times/,
    );
  });

  it('each tell of parameter problems of their handlers', async () => {
    @Injectable()
    class Mixed {
      @JobHandler('mixed:job', { connection: 'billing' })
      run(_payload: unknown, @Ctx() _job: JobContext): void {
        return undefined;
      }
    }
    await expect(bootWith([JobsModule.forRoot(quiet), billing()], [Mixed])).rejects.toThrow(
      /Mixed\.run: parameter 1 of 2/,
    );
    await expect(
      bootWith([JobsModule.forRoot(quiet), billing({ worker: false })], [Mixed]),
    ).resolves.toBeDefined();
  });

  it.each([
    ['default', 'billing'],
    ['billing', 'default'],
  ])('drain together: %s starts no job while %s waits', async (quick, slow) => {
    let release: (() => void) | undefined;
    let startedQuick = 0;
    @Injectable()
    class Handlers {
      @JobHandler('slow:job', { connection: slow })
      async slow(): Promise<void> {
        await new Promise<void>((resolve) => (release = resolve));
      }
      @JobHandler('quick:job', { connection: quick })
      quick(): void {
        startedQuick += 1;
      }
    }
    const app = await bootWith([JobsModule.forRoot(quiet), billing()], [Handlers]);
    started.pop();
    const queueOf = (connection: string) => app.get<JobQueue>(getJobQueueToken(connection));
    await queueOf(slow).enqueue('slow:job');
    await until(() => release !== undefined, 'the slow job runs');
    const closing = app.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await queueOf(quick).enqueue('quick:job');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(startedQuick).toBe(0);
    release!();
    await closing;
    expect(startedQuick).toBe(0);
  });
});
