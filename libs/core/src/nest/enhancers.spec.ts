import 'reflect-metadata';
import {
  Controller,
  Injectable,
  ParseIntPipe,
  Scope,
  UseInterceptors,
  UsePipes,
  type CallHandler,
  type ExecutionContext,
  type INestApplicationContext,
  type NestInterceptor,
  type PipeTransform,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { EMPTY, from, map, of, timer, type Observable } from 'rxjs';
import {
  Ctx,
  JobContext,
  JobEvents,
  JobHandler,
  JobQueue,
  JobsModule,
  Payload,
  type JobsOptions,
} from '../index.js';
import { silentLogger } from '../kernel/logger.js';
import { Recorder } from '../testing/recorder.js';

const started: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of started.splice(0)) await app.close();
});

async function start(
  host: Type,
  given: { providers?: Provider[]; controllers?: Type[]; options?: JobsOptions } = {},
) {
  const app = await Test.createTestingModule({
    imports: [JobsModule.forRoot({ defaults: { attempts: 1 }, logger: silentLogger, ...given.options })],
    providers: [...(given.controllers ? [] : [host]), ...(given.providers ?? [])],
    controllers: given.controllers ?? [],
  }).compile();
  started.push(app);
  await app.init();
  const recorder = new Recorder();
  app.get(JobEvents).events$.subscribe(recorder.observer);
  return { app, jobs: app.get(JobQueue), recorder };
}

describe('a handler that returns an observable', () => {
  let ended = 0;
  beforeEach(() => (ended = 0));
  const work = () => timer(5).pipe(map(() => (ended += 1)));

  @Injectable()
  class Handlers {
    @JobHandler('plain:job')
    plain(_payload: unknown) {
      return work();
    }
    @JobHandler('promised:job')
    promised(_payload: unknown) {
      return Promise.resolve(work());
    }
    @JobHandler('decorated:job')
    decorated(@Payload() _payload: unknown) {
      return work();
    }
    @JobHandler('plain:empty')
    plainEmpty() {
      return EMPTY;
    }
    @JobHandler('decorated:empty')
    decoratedEmpty(@Payload() _payload: unknown) {
      return EMPTY;
    }
    @JobHandler('plain:error')
    fails() {
      return from(Promise.reject(new Error('down')));
    }
    @JobHandler('plain:many')
    many() {
      return of(1, 2, 3);
    }
  }

  it.each(['plain:job', 'promised:job', 'decorated:job'])('is done when it has ended: %s', async (type) => {
    const { jobs, recorder } = await start(Handlers);
    await jobs.enqueue(type);
    expect(await recorder.next('completed')).toMatchObject({ result: 1 });
    expect(ended).toBe(1);
  });

  it.each(['plain:empty', 'decorated:empty'])('may have no value: %s', async (type) => {
    const { jobs, recorder } = await start(Handlers);
    await jobs.enqueue(type);
    await recorder.until((moments) => moments.some(({ kind }) => kind === 'completed' || kind === 'failed'));
    expect(recorder.all('failed')).toEqual([]);
    expect(recorder.all('completed')[0]?.result).toBeUndefined();
  });

  it('fails with its error, and gives its last value', async () => {
    const { jobs, recorder } = await start(Handlers);
    await jobs.enqueue('plain:error');
    expect(await recorder.next('failed')).toMatchObject({ error: { message: 'down' } });
    await jobs.enqueue('plain:many');
    expect(await recorder.next('completed')).toMatchObject({ result: 3 });
  });

  it('and one whose interceptor gives nothing, completes', async () => {
    class Nothing implements NestInterceptor {
      intercept(): Observable<never> {
        return EMPTY;
      }
    }
    @Injectable()
    class Intercepted {
      @UseInterceptors(Nothing)
      @JobHandler('some:job')
      run() {
        return 1;
      }
    }
    const { jobs, recorder } = await start(Intercepted);
    await jobs.enqueue('some:job');
    expect((await recorder.next('completed')).result).toBeUndefined();
  });
});

describe('pipes on a handler without parameter decorators', () => {
  @Injectable()
  class Doubling implements PipeTransform {
    transform(value: unknown): unknown {
      if (value instanceof JobContext) throw new Error('the JobContext is no business of pipes');
      return Number(value) * 2;
    }
  }

  @Injectable()
  class OnMethod {
    @UsePipes(Doubling)
    @JobHandler('piped:job')
    run(payload: number, job: JobContext) {
      return [payload, job.type];
    }
  }
  @Injectable()
  @UsePipes(Doubling)
  class OnClass {
    @JobHandler('piped:job')
    run(payload: number, job: JobContext) {
      return [payload, job.type];
    }
  }
  @Controller()
  class OnController extends OnClass {}
  @Injectable()
  @UsePipes(Doubling)
  class Decorated {
    @JobHandler('piped:job')
    run(@Payload() payload: number, @Ctx() job: JobContext) {
      return [payload, job.type];
    }
  }
  @Injectable({ scope: Scope.REQUEST })
  class Scoped extends OnClass {}

  it.each([OnMethod, OnClass, Scoped, Decorated])('transform the payload: %p', async (host) => {
    const { jobs, recorder } = await start(host);
    await jobs.enqueue('piped:job', 21);
    expect(await recorder.next('completed')).toMatchObject({ result: [42, 'piped:job'] });
  });

  it('transform it on a controller too', async () => {
    const { jobs, recorder } = await start(OnController, { controllers: [OnController] });
    await jobs.enqueue('piped:job', 21);
    expect(await recorder.next('completed')).toMatchObject({ result: [42, 'piped:job'] });
  });

  it('fail the attempt when they refuse', async () => {
    @Injectable()
    class Parsed {
      @UsePipes(ParseIntPipe)
      @JobHandler('parsed:job')
      run(count: unknown) {
        return count;
      }
    }
    const { jobs, recorder } = await start(Parsed);
    await jobs.enqueue('parsed:job', '17');
    expect(await recorder.next('completed')).toMatchObject({ result: 17 });
    await jobs.enqueue('parsed:job', 'many');
    expect(await recorder.next('failed')).toMatchObject({ error: { name: 'BadRequestException' } });
  });

  it('leave the method as it was for HTTP', async () => {
    await start(OnMethod);
    expect(Reflect.getMetadata('__routeArguments__', OnMethod, 'run')).toBeUndefined();
  });
});

describe('global pipes and interceptors', () => {
  @Injectable()
  class Doubling implements PipeTransform {
    transform(value: unknown): unknown {
      return Number(value) * 2;
    }
  }
  @Injectable()
  class Wrapping implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return next.handle().pipe(map((result) => ({ result })));
    }
  }
  @Injectable()
  class Handlers {
    @JobHandler('plain:job')
    plain(payload: number) {
      return payload;
    }
    @JobHandler('decorated:job')
    decorated(@Payload() payload: number) {
      return payload;
    }
  }
  const providers = [
    { provide: APP_PIPE, useClass: Doubling },
    { provide: APP_INTERCEPTOR, useClass: Wrapping },
  ];

  it.each(['plain:job', 'decorated:job'])('run for %s with globalEnhancers only', async (type) => {
    const without = await start(Handlers, { providers });
    await without.jobs.enqueue(type, 21);
    expect((await without.recorder.next('completed')).result).toBe(21);
    const withThem = await start(Handlers, { providers, options: { globalEnhancers: true } });
    await withThem.jobs.enqueue(type, 21);
    expect((await withThem.recorder.next('completed')).result).toEqual({ result: 42 });
  });
});

describe('the JobContext', () => {
  it('as the only parameter, without a decorator, is a boot error that tells what to do', async () => {
    @Injectable()
    class Lonely {
      @JobHandler('some:job')
      run(job: JobContext) {
        return job.id;
      }
    }
    await expect(start(Lonely)).rejects.toThrow(
      /Lonely\.run: the first parameter is a JobContext.*\(payload, context\).*@Ctx\(\)/,
    );
  });

  it('under @Payload() is a boot error', async () => {
    @Injectable()
    class Mistaken {
      @JobHandler('some:job')
      run(@Payload() job: JobContext) {
        return job.id;
      }
    }
    await expect(start(Mistaken)).rejects.toThrow(/Mistaken\.run: @Payload\(\).*Use @Ctx\(\)/);
  });

  it('with @Ctx() may be the only one', async () => {
    @Injectable()
    class Handlers {
      @JobHandler('some:job')
      run(@Ctx() job: JobContext) {
        return job.type;
      }
    }
    const { jobs, recorder } = await start(Handlers);
    await jobs.enqueue('some:job');
    expect((await recorder.next('completed')).result).toBe('some:job');
  });

  it('tells of progress', async () => {
    @Injectable()
    class Handlers {
      @JobHandler('some:job')
      run(_payload: unknown, job: JobContext) {
        job.progress({ done: 1, total: 2 });
      }
    }
    const { jobs, recorder } = await start(Handlers);
    const { id } = await jobs.enqueue('some:job');
    const progressed = await recorder.next('progressed');
    expect(progressed).toMatchObject({ jobId: id, type: 'some:job', progress: { done: 1, total: 2 } });
    await recorder.next('completed');
  });
});

describe('a transient host', () => {
  it('is made for each job', async () => {
    let made = 0;
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      private readonly number = (made += 1);
      @JobHandler('some:job')
      run() {
        return this.number;
      }
    }
    const { jobs, recorder } = await start(Transient);
    await jobs.enqueue('some:job');
    const first = (await recorder.next('completed')).result as number;
    await jobs.enqueue('some:job');
    expect((await recorder.next('completed')).result).toBe(first + 1);
  });
});
