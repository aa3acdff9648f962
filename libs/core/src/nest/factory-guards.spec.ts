import 'reflect-metadata';
import {
  Injectable,
  ParseBoolPipe,
  ParseIntPipe,
  UseGuards,
  UseInterceptors,
  UsePipes,
  createParamDecorator,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type Provider,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { JobEvents, JobHandler, JobQueue, JobsModule } from '../index.js';
import { silentLogger } from '../kernel/logger.js';
import { Recorder } from '../testing/recorder.js';

@Injectable()
class Deny implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Injectable()
class Pass implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle();
  }
}

/** A parameter decorator of the application. */
const Page = createParamDecorator(() => 1);

class Guarded {
  @UseGuards(Deny)
  @JobHandler('guarded:job')
  run(): void {}
}

@UseInterceptors(Pass)
class Intercepted {
  @UsePipes(ParseIntPipe)
  @JobHandler('intercepted:job')
  run(@Page(ParseBoolPipe) _page: unknown): void {}
}

class GuardedByInstance {
  @UseGuards(new Deny())
  @JobHandler('guarded:job')
  run(): void {}
}

async function boot(provider: Provider): Promise<INestApplication> {
  const module = await Test.createTestingModule({
    imports: [JobsModule.forRoot({ defaults: { attempts: 1 }, logger: silentLogger })],
    providers: [provider],
  }).compile();
  const app = module.createNestApplication();
  await app.init();
  return app;
}

describe('guards and the like of a class that Nest does not make itself', () => {
  it.each([
    ['a factory', { provide: Guarded, useFactory: () => new Guarded() }, /Guarded\.run: .*over Deny, as/],
    ['a value', { provide: Guarded, useValue: new Guarded() }, /Guarded\.run: .*over Deny, as/],
    [
      'a factory, on method, class and parameter,',
      { provide: Intercepted, useFactory: () => new Intercepted() },
      /Intercepted\.run: .*over ParseIntPipe, Pass, ParseBoolPipe, as/,
    ],
  ])('given as classes to %s are a boot error: Nest would pass over them', async (_how, provider, said) => {
    await expect(boot(provider)).rejects.toThrow(said);
  });

  it.each([
    ['instances', { provide: GuardedByInstance, useFactory: () => new GuardedByInstance() }],
    ['classes, where another token stands for the class', { provide: 'REPORTS', useClass: Guarded }],
  ])('given as %s do their work', async (_how, provider) => {
    const app = await boot(provider);
    const recorder = new Recorder();
    app.get(JobEvents).events$.subscribe(recorder.observer);
    await app.get(JobQueue).enqueue('guarded:job');
    expect((await recorder.next('failed')).error.message).toBe('Forbidden resource');
    await app.close();
  });
});
