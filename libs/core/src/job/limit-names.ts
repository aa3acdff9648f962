import { createHash } from 'node:crypto';

/** Whose limit it is: all jobs of a queue, or those that a handler takes. */
export interface LimitScope {
  readonly kind: 'queue' | 'type';
  /** Name of the queue, or what the handler is for: a type, a prefix or `''`. */
  readonly name: string;
}

/** The longest name or key that stores take. */
const MOST_BYTES = 255;

/** Under which the store knows a rule, and messages name it: `maxConcurrent of queue email`. Long ones by their digest. */
export function ruleName(
  option: 'maxConcurrent' | 'concurrency' | 'rateLimit',
  { kind, name }: LimitScope,
): string {
  return shortened(`${option} of ${kind} ${name}`);
}

export function shortened(text: string): string {
  if (Buffer.byteLength(text) <= MOST_BYTES) return text;
  return `sha256 ${createHash('sha256').update(text).digest('base64url')}`;
}
