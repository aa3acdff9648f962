import { ContextIdFactory, type ModuleRef } from '@nestjs/core';
import type { JobContext } from '../job/context.js';
import { isJobDefinition, isStandardSchema, type PayloadContract } from '../job/definition.js';
import type { Logger } from '../kernel/logger.js';
import { isPayloadClass } from '../payload/validator.js';
import type { HandlerRegistration } from '../worker/handler.js';
import { payloadMarkOf, typeOf, type HandlerMark, type Method } from './decorators/metadata.js';
import type { FoundMethod } from './discovery.js';
import type { JobContextCreator } from './job-context-creator.js';
import { hasEnhancers, parameterTypesOf, parametersOf, ROUTE_ARGUMENTS } from './nest-metadata.js';
import { JOB_CONTEXT_TYPE, jobParamsFactory } from './params-factory.js';

export interface CompilerParts {
  readonly creator: JobContextCreator;
  readonly moduleRef: ModuleRef;
  readonly withGlobals: boolean;
  readonly logger: Logger;
}

type Run = HandlerRegistration['run'];

/** A found method -> registrations, one for each decorator; or what is wrong with it. */
export function compileHandlers(found: FoundMethod, parts: CompilerParts): HandlerRegistration[] | string {
  const problem = parameterProblem(found);
  if (problem) return problem;
  const marks: HandlerMark[] = [...found.handlers];
  if (found.enqueue) marks.push({ job: found.enqueue.job, options: handlerOptionsOf(found.enqueue.options) });
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

function handlerOptionsOf({ enqueue: _enqueue, ...options }: NonNullable<FoundMethod['enqueue']>['options']) {
  return options;
}

/** Plain, enhanced or scoped, decided once. */
function compile(found: FoundMethod, parts: CompilerParts): Run {
  const { host, name } = found;
  const method = bodyOf(found);
  if (!host.instance) return scoped(found, method, parts);
  const { instance } = host;
  const isDecorated = Object.keys(parametersOf(host.prototype.constructor, name)).length > 0;
  if (!isDecorated && !parts.withGlobals && !hasEnhancers(method, host.prototype.constructor)) {
    return (context) => method.call(instance, context.payload, context);
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
  { host, name, place }: FoundMethod,
  instance: object,
  method: Method,
  { creator, withGlobals, logger }: CompilerParts,
  contextId?: ReturnType<typeof ContextIdFactory.create>,
): (payload: unknown, context: JobContext) => Promise<unknown> {
  const options = {
    hostModuleKey: host.module.token,
    withGlobals,
    onFilterAnswer: warnOnce(logger, place),
  };
  return creator.derive(options, (nest) =>
    nest.create(
      instance,
      method,
      name,
      ROUTE_ARGUMENTS,
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

/**
 * With one decorated parameter, Nest fills only decorated ones: the others would be undefined.
 */
function parameterProblem({ host, name, place, enqueue, method }: FoundMethod): string | undefined {
  const decorated = Object.values(parametersOf(host.prototype.constructor, name)).map(({ index }) => index);
  if (decorated.length === 0) return undefined;
  const body = enqueue?.original ?? method;
  const count = Math.max(parameterTypesOf(host.prototype, name)?.length ?? 0, body.length);
  const missing = Array.from({ length: count }, (_, index) => index).filter(
    (index) => !decorated.includes(index),
  );
  if (missing.length === 0) return undefined;
  return `${place}: parameter ${missing.map((index) => index + 1).join(', ')} of ${count} has no decorator, others have: Nest would pass undefined. Decorate all (@Payload(), @Ctx()) or none.`;
}

/** From `@Payload(contract)`, else from the payload parameter's type when that is a class made for payloads. */
function payloadContractOf({ host, name }: FoundMethod): PayloadContract | undefined {
  const mark = payloadMarkOf(host.prototype, name);
  if (mark?.contract !== undefined && (isStandardSchema(mark.contract) || isPayloadClass(mark.contract))) {
    return mark.contract;
  }
  const isDecorated = Object.keys(parametersOf(host.prototype.constructor, name)).length > 0;
  if (isDecorated && !mark) return undefined;
  const type = parameterTypesOf(host.prototype, name)?.[mark?.index ?? 0];
  return isPayloadClass(type) ? type : undefined;
}
