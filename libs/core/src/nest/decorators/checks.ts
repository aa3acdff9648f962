import { isJobDefinition, type JobDefinition } from '../../job/definition.js';
import { ConfigurationError } from '../../kernel/errors/index.js';
import { shown } from '../../options/describe.js';

/** What is known to be wrong where a decorator stands, and would be lost, or hard to name, later. */

/** `Class.method` for messages; of a static member too. */
export function placeOf(target: object, name: string | symbol): string {
  const owner = typeof target === 'function' ? target : target.constructor;
  return `${owner.name || 'anonymous class'}.${String(name)}`;
}

/** @throws ConfigurationError unless it is a type or a definition. */
export function requireJob(job: JobDefinition | string, place: string, decorator: string): void {
  if (typeof job === 'string' || isJobDefinition(job)) return;
  throw new ConfigurationError([
    job === undefined
      ? `${place}: ${decorator}(undefined): the definition is not there yet, as happens when two files import each other. Move it to a file of its own, which imports neither.`
      : `${place}: ${decorator}(${shown(job)}) names no job. Give a type, such as 'email:new', or what defineJob made.`,
  ]);
}

/** @throws ConfigurationError for what Nest's discovery would never see. */
export function requireMethod(
  target: object,
  name: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  decorator: string,
): void {
  requireInstanceMember(target, name, decorator);
  const place = placeOf(target, name);
  if (typeof descriptor?.value !== 'function') {
    throw new ConfigurationError([
      `${place}: ${decorator} on something that is no method, so that it would never run. Make it a method.`,
    ]);
  }
  if (typeof name === 'symbol') {
    throw new ConfigurationError([
      `${place}: ${decorator} on a method whose name is a symbol, which Nest does not find, so that it would never run. Give it a name.`,
    ]);
  }
}

/** @throws ConfigurationError for static members: Nest makes instances. */
export function requireInstanceMember(target: object, name: string | symbol, decorator: string): void {
  if (typeof target !== 'function') return;
  throw new ConfigurationError([
    `${placeOf(target, name)}: ${decorator} on a static member. Jobs belong to the instances that Nest makes: remove 'static'.`,
  ]);
}
