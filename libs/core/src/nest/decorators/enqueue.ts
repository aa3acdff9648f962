import type { JobRef } from '../../enqueue/job-ref.js';
import type { InputOf, JobDefinition, ResultOf } from '../../job/definition.js';
import { ConfigurationError } from '../../kernel/errors/index.js';
import type { EnqueueOptions } from '../../options/enqueue.js';
import { enqueueThrough, isOverridden, notBound } from '../enqueue-binding.js';
import { placeOf, requireInstanceMember, requireJob, requireMethod } from './checks.js';
import { rememberDecorated } from './decorated-classes.js';
import {
  addEnqueueProperty,
  enqueueMethodMarkOf,
  ownEnqueuePropertyOf,
  setEnqueueMethodMark,
  typeOf,
  type EnqueueDecoratorOptions,
  type Method,
} from './metadata.js';

/** A typed function that enqueues jobs of a definition: the type of an `@Enqueue` property. */
export type EnqueueFn<D extends JobDefinition> = (
  payload: InputOf<D>,
  options?: EnqueueOptions,
) => Promise<JobRef<ResultOf<D>>>;

/**
 * On a method: calling it enqueues a job whose payload is the (one) argument, and resolves when the broker has it; a
 * worker runs the body. On a property: makes it a typed function that enqueues, to be declared as
 * `EnqueueFn<typeof Definition>`; it takes the options `queue`, `connection` and `enqueue` only. Both work from
 * `onApplicationBootstrap` on.
 * @throws ConfigurationError at once for an undefined definition, a second `@Enqueue` on the same member, and static
 * and symbol-named methods.
 */
export function Enqueue(
  job: JobDefinition | string,
  options: EnqueueDecoratorOptions = {},
): (target: object, name: string | symbol, descriptor?: PropertyDescriptor) => void {
  return (target, name, descriptor) => {
    requireJob(job, placeOf(target, name), '@Enqueue');
    if (descriptor) decorateMethod(target, name, descriptor, job, options);
    else decorateProperty(target, name, job, options);
  };
}

function decorateMethod(
  target: object,
  name: string | symbol,
  descriptor: PropertyDescriptor,
  job: JobDefinition | string,
  options: EnqueueDecoratorOptions,
): void {
  requireMethod(target, name, descriptor, '@Enqueue');
  const original = descriptor.value as Method;
  const place = placeOf(target, name);
  const other = enqueueMethodMarkOf(original);
  if (other) throw decoratedTwice(place, other.job, job);
  const enqueuing = async function (this: object, ...parameters: unknown[]): Promise<unknown> {
    // The override enqueues; to enqueue here again would make a job of each job.
    if (isOverridden(this, name, original)) return await original.apply(this, parameters);
    if (parameters.length > 1) {
      throw new ConfigurationError([
        `${place}: @Enqueue('${typeOf(job)}') was called with ${parameters.length} arguments; a job has one payload. Pass one object.`,
      ]);
    }
    return await enqueueThrough(this, name, place, parameters[0]);
  };
  Object.defineProperty(enqueuing, 'name', { value: original.name });
  for (const key of Reflect.getMetadataKeys(original) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), enqueuing);
  }
  setEnqueueMethodMark(enqueuing, { job, options, original });
  descriptor.value = enqueuing;
  rememberDecorated(target, name);
}

function decorateProperty(
  target: object,
  property: string | symbol,
  job: JobDefinition | string,
  options: EnqueueDecoratorOptions,
): void {
  requireInstanceMember(target, property, '@Enqueue');
  const place = placeOf(target, property);
  const other = ownEnqueuePropertyOf(target, property);
  if (other) throw decoratedTwice(place, other.job, job);
  addEnqueueProperty(target, { job, options, property });
  // Until boot gives each instance its own.
  Object.defineProperty(target, property, {
    configurable: true,
    writable: true,
    value: () => Promise.reject(notBound(place)),
  });
}

function decoratedTwice(
  place: string,
  first: JobDefinition | string,
  second: JobDefinition | string,
): ConfigurationError {
  return new ConfigurationError([
    `${place}: two @Enqueue, for '${typeOf(first)}' and '${typeOf(second)}', but a call can enqueue one job. Keep one; to run further types here, use @JobHandler.`,
  ]);
}
