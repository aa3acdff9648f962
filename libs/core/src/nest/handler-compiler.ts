import { ContextIdFactory, type ModuleRef } from '@nestjs/core';
import type { JobContext } from '../job/context.js';
import { isJobDefinition } from '../job/definition.js';
import { isJobType } from '../job/type-name.js';
import type { Logger } from '../kernel/logger.js';
import type { HandlerRegistration } from '../worker/handler.js';
import { typeOf, type HandlerMark, type Method } from './decorators/metadata.js';
import type { FoundMethod } from './discovery.js';
import type { JobContextCreator } from './job-context-creator.js';
import { unmadeEnhancers } from './handler-checks.js';
import { hasEnhancers } from './nest-metadata.js';
import { lastValueOf } from './observable-result.js';
import { isDecorated, parameterProblem, parametersKeyOf, payloadContractOf } from './parameters.js';
import { JOB_CONTEXT_TYPE, jobParamsFactory } from './params-factory.js';
import { handlersOfSchedules } from './schedule-binding.js';

export interface CompilerParts {
  readonly creator: JobContextCreator;
  readonly moduleRef: ModuleRef;
  readonly withGlobals: boolean;
  readonly logger: Logger;
}

type Run = HandlerRegistration['run'];

/** The decorators of a method that make it run jobs. */
export function marksOf(found: FoundMethod): readonly HandlerMark[] {
  const said = ownMarksOf(found);
  return found.schedules.length === 0 ? said : [...said, ...handlersOfSchedules(found, said)];
}

function ownMarksOf({ handlers, enqueue }: FoundMethod): readonly HandlerMark[] {
  // What `@Enqueue` can name and what not is told where it is bound.
  if (!enqueue || !isJobType(typeOf(enqueue.job))) return handlers;
  const { enqueue: _enqueue, ...options } = enqueue.options;
  return [...handlers, { job: enqueue.job, options }];
}

/** A found method -> registrations, one for each of those decorators; or what is wrong with it. */
export function compileHandlers(
  found: FoundMethod,
  marks: readonly HandlerMark[],
  parts: CompilerParts,
): HandlerRegistration[] | string {
  const problem = parameterProblem(found) ?? unmadeEnhancers(found);
  if (problem) return problem;
  const run = compile(found, parts);
  return marks.map(({ job, options }) => {
    const definition = isJobDefinition(job) ? job : undefined;
    return {
      pattern: typeOf(job),
      place: found.place,
      options,
      definition,
      payload: definition?.payload ?? payloadContractOf(found),
      run,
    };
  });
}

/** Plain, enhanced or scoped, decided once. */
function compile(found: FoundMethod, parts: CompilerParts): Run {
  const { host } = found;
  const method = bodyOf(found);
  if (!host.instance) return scoped(found, method, parts);
  const { instance } = host;
  if (!isDecorated(found) && !parts.withGlobals && !hasEnhancers(method, host.prototype.constructor)) {
    return (context) => lastValueOf(method.call(instance, context.payload, context));
  }
  const call = enhanced(found, instance, method, parts);
  return (context) => call(context.payload, context);
}

/** The body that runs jobs: of an `@Enqueue` method the original one, with the metadata of all its decorators. */
function bodyOf({ method, enqueue }: FoundMethod): Method {
  if (!enqueue) return method;
  for (const key of Reflect.getMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), enqueue.original);
  }
  return enqueue.original;
}

function enhanced(
  found: FoundMethod,
  instance: object,
  method: Method,
  { creator, withGlobals, logger }: CompilerParts,
  contextId?: ReturnType<typeof ContextIdFactory.create>,
): (payload: unknown, context: JobContext) => Promise<unknown> {
  const { host, name, place } = found;
  const parametersKey = parametersKeyOf(found);
  const options = {
    place,
    hostModuleKey: host.module.token,
    withGlobals,
    onFilterAnswer: warnOnce(logger, place),
  };
  return creator.derive(options, (nest) =>
    nest.create(
      instance,
      method,
      name,
      parametersKey,
      jobParamsFactory,
      contextId,
      contextId && host.wrapper.id,
      { guards: true, interceptors: true, filters: true },
      JOB_CONTEXT_TYPE,
    ),
  );
}

/** An instance for each job, with the JobContext as REQUEST. */
function scoped(found: FoundMethod, method: Method, parts: CompilerParts): Run {
  const { wrapper } = found.host;
  return async (context) => {
    const contextId = ContextIdFactory.create();
    parts.moduleRef.registerRequestByContextId(context, contextId);
    const instance = await parts.moduleRef.resolve<object>(wrapper.token as never, contextId, {
      strict: false,
    });
    return await enhanced(found, instance, method, parts, contextId)(context.payload, context);
  };
}

const warned = new WeakMap<Logger, Set<string>>();

function warnOnce(logger: Logger, place: string): () => void {
  return () => {
    let places = warned.get(logger);
    if (!places) warned.set(logger, (places = new Set()));
    if (places.has(place)) return;
    places.add(place);
    logger.warn(
      `An exception filter returned a value for an error of ${place}. A filter may observe or translate a job's error, not turn it into success: the attempt stays failed.`,
    );
  };
}
