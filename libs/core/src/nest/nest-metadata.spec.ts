import 'reflect-metadata';
import {
  Body,
  Controller,
  Injectable,
  Post,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type ArgumentMetadata,
} from '@nestjs/common';
import { PipesConsumer } from '@nestjs/core/pipes/pipes-consumer.js';
import {
  BODY_PARAMETER,
  CONTEXT_PARAMETER,
  ENHANCER_KEYS,
  decorateParameter,
  hasEnhancers,
  parameterTypesOf,
  parametersOf,
} from './nest-metadata.js';

/** Warren reads what Nest's decorators leave behind; the names are Nest's own and could change. */
describe('the metadata of this version of Nest', () => {
  class Guard {
    canActivate = () => true;
  }
  class Interceptor {
    intercept = () => undefined as never;
  }
  class Filter {
    catch = () => undefined;
  }

  it.each([
    ['__guards__', UseGuards(Guard)],
    ['__interceptors__', UseInterceptors(Interceptor)],
    ['__pipes__', UsePipes(ValidationPipe)],
    ['__exceptionFilters__', UseFilters(Filter)],
  ])('keeps enhancers under %s', (key, decorate) => {
    class OnClass {}
    class OnMethod {
      run(): void {
        return undefined;
      }
    }
    decorate(OnClass);
    decorate(OnMethod.prototype, 'run', Object.getOwnPropertyDescriptor(OnMethod.prototype, 'run')!);
    expect(Reflect.getMetadataKeys(OnClass)).toContain(key);
    expect(ENHANCER_KEYS).toContain(key);

    for (const target of [OnClass, OnMethod.prototype.run]) expect(hasEnhancers(target)).toBe(true);
    expect(hasEnhancers(OnMethod)).toBe(false);
  });

  it('keeps a decorated body as Warren writes a payload', () => {
    @Controller()
    class Http {
      @Post()
      run(@Body() _body: unknown): void {
        return undefined;
      }
    }
    class Job {
      run(_payload: unknown): void {
        return undefined;
      }
    }
    decorateParameter(Job.prototype, 'run', BODY_PARAMETER, { index: 0, pipes: [] });
    const [key] = Object.keys(parametersOf(Http, 'run'));
    expect(Object.keys(parametersOf(Job, 'run'))).toEqual([key]);
    expect(parametersOf(Http, 'run')[key!]).toMatchObject(parametersOf(Job, 'run')[key!]!);
  });

  it('shows pipes a payload as body and a JobContext as custom', async () => {
    const seen: unknown[] = [];
    const pipe = { transform: (_value: unknown, { type }: ArgumentMetadata) => seen.push(type) };
    for (const type of [BODY_PARAMETER, CONTEXT_PARAMETER]) {
      await new PipesConsumer().apply(1, { type } as never, [pipe]);
    }
    expect(seen).toEqual(['body', 'custom']);
  });

  it('comes with the types of parameters', () => {
    @Injectable()
    class Typed {
      @UseGuards(Guard)
      run(_count: number, _date: Date): void {
        return undefined;
      }
    }
    expect(parameterTypesOf(Typed.prototype, 'run')).toEqual([Number, Date]);
  });
});
