import 'reflect-metadata';
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import domain from 'node:domain';
import {
  Catch,
  Controller,
  Inject,
  Injectable,
  Scope,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  createParamDecorator,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type ExceptionFilter,
  type INestApplicationContext,
  type NestInterceptor,
  type PipeTransform,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, REQUEST, Reflector } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { Observable } from 'rxjs';
import {
  Ctx,
  JobContext,
  JobEvents,
  JobHandler,
  JobQueue,
  JobsModule,
  Payload,
  isJobContext,
  type JobsOptions,
  type Logger,
} from '../index.js';
import { Recorder } from '../testing/recorder.js';
import { until } from '../testing/until.js';
import { fixed } from '../kernel/backoff.js';

const ran: string[] = [];

@Injectable()
class RecordingGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}
  canActivate(context: ExecutionContext): boolean {
    const role = this.reflector.get<string | undefined>('role', context.getHandler());
    ran.push(`guard ${context.getType<string>()}${isJobContext(context) ? '' : '?'} ${role ?? ''}`.trim());
    return context.getArgByIndex<{ refuse?: boolean } | null>(0)?.refuse !== true;
  }
}

@Injectable()
class RecordingInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    ran.push('interceptor');
    return next.handle();
  }
}

@Injectable()
class RecordingPipe implements PipeTransform {
  transform(value: unknown): unknown {
    ran.push('pipe');
    return value;
  }
}

@Catch()
class SwallowingFilter implements ExceptionFilter {
  catch(): string {
    ran.push('filter');
    return 'all is well';
  }
}

@Catch()
class TranslatingFilter implements ExceptionFilter {
  catch(error: Error): never {
    throw new TypeError(`translated: ${error.message}`);
  }
}

const JobIdAgain = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  return context.getArgByIndex<JobContext>(1).id;
});

class Lines implements Logger {
  readonly written: string[] = [];
  error(line: string): void {
    this.written.push(`error ${line}`);
  }
  warn(line: string): void {
    this.written.push(`warn ${line}`);
  }
  info(line: string): void {
    this.written.push(`info ${line}`);
  }
  debug(line: string): void {
    this.written.push(`debug ${line}`);
  }
}

interface Started {
  readonly app: INestApplicationContext;
  readonly jobs: JobQueue;
  readonly recorder: Recorder;
  readonly lines: Lines;
}

const started: INestApplicationContext[] = [];

async function start(
  given: { providers?: Provider[]; controllers?: Type[]; options?: JobsOptions } = {},
): Promise<Started> {
  const lines = new Lines();
  const defaults = { attempts: 1, backoff: fixed(1) };
  const module = await Test.createTestingModule({
    imports: [JobsModule.forRoot({ defaults, logger: lines, ...given.options })],
    providers: given.providers ?? [],
    controllers: given.controllers ?? [],
  }).compile();
  started.push(module);
  await module.init();
  const recorder = new Recorder();
  module.get(JobEvents).events$.subscribe(recorder.observer);
  return { app: module, jobs: module.get(JobQueue), recorder, lines };
}

beforeEach(() => {
  ran.length = 0;
});
afterEach(async () => {
  for (const app of started.splice(0)) await app.close();
});

describe('enhancers around handlers', () => {
  /** The same handlers as provider and as controller, with enhancers on the class and on the method. */
  function hostClass(kind: 'provider' | 'controller') {
    const Host = kind === 'provider' ? Injectable : Controller;
    @Host()
    @UseGuards(RecordingGuard)
    @UseInterceptors(RecordingInterceptor)
    @UsePipes(RecordingPipe)
    class OnClass {
      @JobHandler('on:class')
      run(@Payload() _payload: unknown) {
        ran.push('handler');
        return 'done';
      }
    }
    @Host()
    class OnMethod {
      @UseGuards(RecordingGuard)
      @UseInterceptors(RecordingInterceptor)
      @UsePipes(RecordingPipe)
      @SetMetadata('role', 'admin')
      @JobHandler('on:method')
      run(@Payload() _payload: unknown) {
        ran.push('handler');
        return 'done';
      }
    }
    return kind === 'provider'
      ? { providers: [OnClass, OnMethod] }
      : { controllers: [OnClass, OnMethod] as Type[] };
  }

  it.each(['provider', 'controller'] as const)('run on the class of a %s', async (kind) => {
    const { jobs, recorder } = await start(hostClass(kind));
    await jobs.enqueue('on:class', {});
    expect(await recorder.next('completed')).toMatchObject({ result: 'done' });
    expect(ran).toEqual(['guard job', 'interceptor', 'pipe', 'handler']);
  });

  it.each(['provider', 'controller'] as const)('run on the method of a %s', async (kind) => {
    const { jobs, recorder } = await start(hostClass(kind));
    await jobs.enqueue('on:method', {});
    await recorder.next('completed');
    expect(ran).toEqual(['guard job admin', 'interceptor', 'pipe', 'handler']);
  });

  it.each(['provider', 'controller'] as const)(
    'a guard on a %s can refuse, which fails the attempt',
    async (kind) => {
      const { jobs, recorder } = await start(hostClass(kind));
      await jobs.enqueue('on:class', { refuse: true });
      expect(await recorder.next('failed')).toMatchObject({ error: { name: 'ForbiddenException' } });
      expect(ran).not.toContain('handler');
    },
  );

  it.each(['provider', 'controller'] as const)(
    'a filter on a %s cannot turn an error into success',
    async (kind) => {
      const Host = kind === 'provider' ? Injectable : Controller;
      @Host()
      @UseFilters(SwallowingFilter)
      class Failing {
        @JobHandler('fail:always')
        run() {
          throw new Error('down');
        }
      }
      const { jobs, recorder, lines } = await start(
        kind === 'provider' ? { providers: [Failing] } : { controllers: [Failing] },
      );
      for (let count = 0; count < 3; count += 1) {
        await jobs.enqueue('fail:always');
        expect(await recorder.next('failed')).toMatchObject({ error: { message: 'down' } });
      }
      expect(ran).toEqual(['filter', 'filter', 'filter']);
      expect(lines.written.filter((line) => line.startsWith('warn An exception filter'))).toHaveLength(1);
    },
  );

  it('a filter can translate the error', async () => {
    @Injectable()
    class Failing {
      @UseFilters(TranslatingFilter)
      @JobHandler('fail:always')
      run() {
        throw new Error('down');
      }
    }
    const { jobs, recorder } = await start({ providers: [Failing] });
    await jobs.enqueue('fail:always');
    expect(await recorder.next('failed')).toMatchObject({
      error: { name: 'TypeError', message: 'translated: down' },
    });
  });

  it('an error is logged once, by Warren', async () => {
    @Injectable()
    class Failing {
      @UseGuards(RecordingGuard)
      @JobHandler('fail:always')
      run() {
        throw new Error('down');
      }
    }
    const written: string[] = [];
    const nestSays = (line: unknown) => void written.push(String(line));
    const { app, jobs, recorder, lines } = await start({ providers: [Failing] });
    app.useLogger({ log: nestSays, error: nestSays, warn: nestSays });
    await jobs.enqueue('fail:always');
    await recorder.next('failed');
    expect(written).toEqual([]);
    expect(lines.written.filter((line) => line.includes('Error: down'))).toHaveLength(1);
  });

  it('global guards and filters do not touch jobs, unless asked for', async () => {
    @Injectable()
    class Refusing implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }
    @Injectable()
    class Handlers {
      @UseInterceptors(RecordingInterceptor)
      @JobHandler('some:job')
      run() {
        return 'done';
      }
    }
    const providers = [
      Handlers,
      { provide: APP_GUARD, useClass: Refusing },
      { provide: APP_FILTER, useClass: SwallowingFilter },
    ];
    const local = await start({ providers });
    await local.jobs.enqueue('some:job');
    expect(await local.recorder.next('completed')).toMatchObject({ result: 'done' });
    const global = await start({ providers, options: { globalEnhancers: true } });
    await global.jobs.enqueue('some:job');
    expect(await global.recorder.next('failed')).toMatchObject({ error: { name: 'ForbiddenException' } });
    expect(ran).toContain('filter');
  });
});

describe('parameters', () => {
  it('without decorators are the payload and the context', async () => {
    @Injectable()
    class Handlers {
      @JobHandler('plain:job')
      run(payload: unknown, job: JobContext) {
        return [payload, job.type, JobContext.current() === job];
      }
    }
    const { jobs, recorder } = await start({ providers: [Handlers] });
    await jobs.enqueue('plain:job', { a: 1 });
    expect(await recorder.next('completed')).toMatchObject({ result: [{ a: 1 }, 'plain:job', true] });
  });

  it('with decorators come in any order, custom decorators too', async () => {
    @Injectable()
    class Handlers {
      @JobHandler('decorated:job')
      run(@JobIdAgain() id: string, @Ctx() job: JobContext, @Payload() payload: unknown) {
        return [id === job.id, payload];
      }
    }
    const { jobs, recorder } = await start({ providers: [Handlers] });
    await jobs.enqueue('decorated:job', 'hello');
    expect(await recorder.next('completed')).toMatchObject({ result: [true, 'hello'] });
  });

  it('of which some are decorated and some not are a boot error that names the method', async () => {
    @Injectable()
    class Mixed {
      @JobHandler('mixed:job')
      run(_payload: unknown, @Ctx() _job: JobContext) {
        return undefined;
      }
    }
    await expect(start({ providers: [Mixed] })).rejects.toThrow(
      /Mixed\.run: parameter 1 of 2 has no decorator/,
    );
  });
});

describe('discovery', () => {
  it('takes several decorators on one method', async () => {
    @Injectable()
    class Handlers {
      @JobHandler('one:job')
      @JobHandler('two:job')
      run(_payload: unknown, job: JobContext) {
        return job.type;
      }
    }
    const { jobs, recorder } = await start({ providers: [Handlers] });
    await jobs.enqueue('one:job');
    expect(await recorder.next('completed')).toMatchObject({ result: 'one:job' });
    await jobs.enqueue('two:job');
    expect(await recorder.next('completed')).toMatchObject({ result: 'two:job' });
  });

  it('sees an instance once that has two tokens, and inherited, value and factory providers', async () => {
    abstract class Base {
      @JobHandler('inherited:job')
      run() {
        return this.constructor.name;
      }
    }
    @Injectable()
    class Child extends Base {}
    class ByValue {
      @JobHandler('value:job')
      run() {
        return 'value';
      }
    }
    class ByFactory {
      @JobHandler('factory:job')
      run() {
        return 'factory';
      }
    }
    const { jobs, recorder } = await start({
      providers: [
        Child,
        { provide: 'alias', useExisting: Child },
        { provide: 'value', useValue: new ByValue() },
        { provide: 'factory', useFactory: () => new ByFactory() },
      ],
    });
    for (const [type, result] of [
      ['inherited:job', 'Child'],
      ['value:job', 'value'],
      ['factory:job', 'factory'],
    ] as const) {
      await jobs.enqueue(type);
      expect(await recorder.next('completed')).toMatchObject({ result });
    }
  });

  it('refuses two handlers for one type, naming both', async () => {
    @Injectable()
    class First {
      @JobHandler('same:job')
      run() {
        return 1;
      }
    }
    @Injectable()
    class Second {
      @JobHandler('same:job')
      go() {
        return 2;
      }
    }
    await expect(start({ providers: [First, Second] })).rejects.toThrow(/First\.run and Second\.go/);
  });

  it('refuses an unknown queue, naming the method and the nearest queue', async () => {
    @Injectable()
    class Handlers {
      @JobHandler('some:job', { queue: 'blk' })
      run() {
        return 1;
      }
    }
    await expect(start({ providers: [Handlers], options: { queues: { bulk: {} } } })).rejects.toThrow(
      /Handlers\.run.*'blk'.*Did you mean 'bulk'/,
    );
  });

  it('refuses handlers on a class that nobody provides, naming class and method', async () => {
    @Injectable()
    class Forgotten {
      @JobHandler('forgotten:job')
      run() {
        return 1;
      }
    }
    await expect(start({ options: { unprovidedHandlers: 'error' } })).rejects.toThrow(
      /Forgotten\.run: @JobHandler on a class that/,
    );
    expect(Forgotten).toBeDefined();
  });

  it('refuses handlers on a guard, naming class and method', async () => {
    @Injectable()
    class GuardWithHandler implements CanActivate {
      canActivate(): boolean {
        return true;
      }
      @JobHandler('guard:job')
      run() {
        return 1;
      }
    }
    @Controller()
    @UseGuards(GuardWithHandler)
    class Host {}
    await expect(start({ controllers: [Host] })).rejects.toThrow(/GuardWithHandler\.run/);
  });
});

describe('scopes', () => {
  it('makes a request-scoped handler for each job, with the job as REQUEST, and its guards too', async () => {
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    class ScopedGuard implements CanActivate {
      constructor(@Inject(REQUEST) private readonly job: JobContext) {}
      canActivate(): boolean {
        ran.push(`guard of ${this.job.type}`);
        return true;
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      constructor(@Inject(REQUEST) private readonly job: JobContext) {
        made += 1;
      }
      @UseGuards(ScopedGuard)
      @JobHandler('scoped:job')
      run(@Payload() payload: unknown) {
        return [payload, this.job.id];
      }
    }
    const { jobs, recorder } = await start({ providers: [Scoped] });
    for (const payload of ['first', 'second']) {
      const job = await jobs.enqueue('scoped:job', payload);
      expect(await recorder.next('completed')).toMatchObject({ result: [payload, job.id] });
    }
    expect(made).toBe(2);
    expect(ran).toEqual(['guard of scoped:job', 'guard of scoped:job']);
  });
});

describe('what surrounds a job', () => {
  it('is not the request that happened to enqueue first', async () => {
    const request = new AsyncLocalStorage<string>();
    @Injectable()
    class Handlers {
      @JobHandler('some:job')
      run() {
        return request.getStore() ?? 'none';
      }
    }
    const { jobs, recorder } = await start({ providers: [Handlers] });
    await request.run('request 1', () => jobs.enqueue('some:job'));
    expect(await recorder.next('completed')).toMatchObject({ result: 'none' });
  });

  it('survives a subscriber of events$ that throws', async () => {
    @Injectable()
    class Handlers {
      @JobHandler('some:job')
      run() {
        return 'done';
      }
    }
    const { app, jobs, recorder, lines } = await start({ providers: [Handlers] });
    app.get(JobEvents).events$.subscribe(() => {
      throw new Error('bad subscriber');
    });
    app
      .get(JobEvents)
      .ofKind('completed')
      .subscribe(() => {
        throw new Error('bad subscriber of one kind');
      });
    for (let count = 0; count < 2; count += 1) {
      await jobs.enqueue('some:job');
      await recorder.next('completed');
    }
    expect(lines.written.filter((line) => line.includes('bad subscriber'))).toHaveLength(2);
  });

  it('survives a diagnostics channel subscriber that throws, which Node makes an uncaught exception', async () => {
    @Injectable()
    class Handlers {
      @JobHandler('some:job')
      run() {
        return 'done';
      }
    }
    const bad = (): void => {
      throw new Error('bad subscriber of a channel');
    };
    const uncaught: Error[] = [];
    // The one way to meet an uncaught exception without ending the test runner.
    const apart = domain.create().on('error', (error) => void uncaught.push(error));
    subscribe('warren:completed', bad);
    try {
      const { jobs, recorder } = await apart.run(async () => {
        const running = await start({ providers: [Handlers] });
        for (let count = 0; count < 2; count += 1) await running.jobs.enqueue('some:job');
        return running;
      });
      for (let count = 0; count < 2; count += 1) await recorder.next('completed');
      expect(await jobs.deadLetters('default').list()).toEqual([]);
      await until(() => uncaught.length === 2, 'Node has raised both');
      expect(uncaught[0]?.message).toBe('bad subscriber of a channel');
    } finally {
      unsubscribe('warren:completed', bad);
    }
  });

  it('of two applications in one process is apart', async () => {
    @Injectable()
    class Handlers {
      @JobHandler('some:job')
      run() {
        return 'done';
      }
    }
    const first = await start({ providers: [Handlers] });
    const second = await start({ providers: [Handlers] });
    await first.jobs.enqueue('some:job');
    await first.recorder.next('completed');
    expect(second.recorder.moments).toEqual([]);
  });
});
