import type { JobQueue } from '../runtime/job-queue.js';
import type { JobDefinition } from '../job/definition.js';
import { WarrenError } from '../kernel/errors/index.js';
import type { EnqueueOptions } from '../options/enqueue.js';

/** Where the `@Enqueue` methods of an instance put their jobs: kept by instance, so that two applications never meet. */
interface Binding {
  readonly queue: JobQueue;
  readonly job: JobDefinition | string;
  readonly options: EnqueueOptions;
  /** The body of the method that is bound: an override, where there is one. */
  readonly body: object;
}

const bindings = new WeakMap<object, Map<string | symbol, Binding>>();

export function bindEnqueue(instance: object, name: string | symbol, binding: Binding): void {
  let ofInstance = bindings.get(instance);
  if (!ofInstance) bindings.set(instance, (ofInstance = new Map<string | symbol, Binding>()));
  ofInstance.set(name, binding);
}

/** Whether the instance's method of that name is another one, which calls this one as `super`. */
export function isOverridden(instance: object, name: string | symbol, body: object): boolean {
  const binding = bindings.get(instance)?.get(name);
  return binding !== undefined && binding.body !== body;
}

export function enqueueThrough(instance: object, name: string | symbol, place: string, payload: unknown) {
  const binding = bindings.get(instance)?.get(name);
  if (!binding) return Promise.reject(notBound(place));
  return binding.queue.enqueue(binding.job as string, payload, binding.options);
}

export function notBound(place: string): WarrenError {
  return new WarrenError(
    'WARREN_CLOSED',
    `${place} was called before Warren has bound it. Its class must be a provider or controller of the application, and the call come after onModuleInit; earlier, inject JobQueue.`,
  );
}
