/**
 * Names of job types, handlers and queues. A type is made of parts separated by colons, the most general first:
 * `email:new`. A handler's pattern is a type, a prefix that ends in a colon (`email:`), or `''` for every type.
 */

const PART = '[A-Za-z0-9_.-]+';
const TYPE = new RegExp(`^${PART}(:${PART})*$`);
const PATTERN = new RegExp(`^(${PART}:)*(${PART})?$`);
const QUEUE = new RegExp(`^${PART}$`);

/** Bytes; AMQP short strings hold 255. */
const LONGEST_TYPE = 200;
/** A delayed job's routing key holds the queue's name after 64 characters of delay, 255 in all. */
const LONGEST_QUEUE = 120;

export const DEFAULT_QUEUE = 'default';

export function isJobType(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_TYPE && TYPE.test(value);
}

export function isHandlerPattern(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_TYPE && PATTERN.test(value);
}

export function isQueueName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_QUEUE && QUEUE.test(value);
}

/** `email:new` and `email:` -> `email`; a type without a colon, and `''` -> `default`. */
export function queueOfType(type: string): string {
  const colon = type.indexOf(':');
  return colon > 0 ? type.slice(0, colon) : DEFAULT_QUEUE;
}

/** Patterns that take `type`, in order of lookup: `a:b:c` -> `a:b:c`, `a:b:`, `a:`, `''`. */
export function patternsFor(type: string): string[] {
  const patterns = [type];
  for (let colon = type.lastIndexOf(':'); colon > 0; colon = type.lastIndexOf(':', colon - 1)) {
    patterns.push(type.slice(0, colon + 1));
  }
  patterns.push('');
  return patterns;
}
