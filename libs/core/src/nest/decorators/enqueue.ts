import type { JobRef } from '../../enqueue/job-ref.js';
import type { InputOf, JobDefinition, ResultOf } from '../../job/definition.js';
import { ConfigurationError } from '../../kernel/errors/index.js';
import type { EnqueueOptions } from '../../options/enqueue.js';
import { enqueueThrough, notBound } from '../enqueue-binding.js';
import { rememberDecorated } from './decorated-classes.js';
import {
  addEnqueueProperty,
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
 * `EnqueueFn<typeof Definition>`. Both work from `onApplicationBootstrap` on.
 */
export function Enqueue(
  job: JobDefinition | string,
  options: EnqueueDecoratorOptions = {},
): (target: object, name: string | symbol, descriptor?: PropertyDescriptor) => void {
  return (target, name, descriptor) => {
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
  const original = descriptor.value as Method;
  const place = `${target.constructor.name}.${String(name)}`;
  const enqueuing = async function (this: object, ...parameters: unknown[]): Promise<unknown> {
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
  addEnqueueProperty(target, { job, options, property });
  // Until boot gives each instance its own.
  const place = `${target.constructor.name}.${String(property)}`;
  Object.defineProperty(target, property, {
    configurable: true,
    writable: true,
    value: () => Promise.reject(notBound(place)),
  });
}
