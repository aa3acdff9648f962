import type { OwnPolicy } from '../job/envelope.js';
import type { HeaderValue } from '../job/message.js';
import { MOST_LEVELS, type Priority } from '../job/priority.js';
import type { Unique } from '../job/unique.js';
import type { PortableBackoff } from '../kernel/backoff.js';
import { toMilliseconds, type Duration } from '../kernel/duration.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import { MOST_TEXT_BYTES } from '../kernel/short-text.js';
import { isRecord, kindOf, optional, shown, unknownOption, type Declares } from './describe.js';
import { headers } from './headers.js';
import { durationBetween, queueName, shortText, wholeNumber } from './kinds.js';
import { portableBackoff } from './policy.js';
import { resolveUnique, unique, type ResolvedUnique } from './unique.js';

/** Last argument of `enqueue`. What is set here wins over handler, definition, queue and module. */
export interface EnqueueOptions {
  /** Earliest start, counted from now. Not together with `runAt`. */
  readonly delay?: Duration;
  /** Earliest start as an instant; one in the past means now. */
  readonly runAt?: Date;
  /** Runs at most, the first included; capped by the queue's `maxAttempts`. */
  readonly attempts?: number;
  /** `exponential`, `linear` or `fixed`; a custom function cannot travel and belongs on the handler. */
  readonly backoff?: PortableBackoff;
  /** Longest run of one attempt. */
  readonly timeout?: Duration;
  /** After this instant, or this time from now, no attempt starts. */
  readonly deadline?: Duration | Date;
  /** Longest wait, from when it is due, until the first attempt starts. */
  readonly ttl?: Duration;
  /**
   * Sooner or later than other jobs of the queue, which must have `priorities`: 'high', 'normal' or 'low', or the number
   * of a level, from 0 (last) up. Default 'normal'.
   */
  readonly priority?: Priority;
  /** Text, numbers and booleans that travel with the job; names may not begin with `warren-` or `x-`. */
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  /** Default: that of the job being run, else the new job's id. */
  readonly correlationId?: string;
  /** Default: a new UUIDv7. Give one to make a repeated enqueue recognisable. 1 to 255 bytes. */
  readonly id?: string;
  /** Words to find the job by, in the job store: up to 20, of 1 to 255 bytes each. They do not travel with it. Default: none. */
  readonly tags?: readonly string[];
  /** Queue to wait in; must be listed under `queues` of the module. Default: the definition's, else by type. */
  readonly queue?: string;
  /** One job at a time under a key: needs a job store. False: not unique, whatever the definition says. Default: what that says. */
  readonly unique?: Unique;
}

/** Enqueue options after validation: instants and milliseconds. `resolveEnqueueOptions` makes it. */
export interface ResolvedEnqueue {
  readonly queue: string | undefined;
  /** Epoch milliseconds; undefined: due at once. */
  readonly notBefore: number | undefined;
  readonly deadlineAt: number | undefined;
  readonly own: OwnPolicy;
  /** Undefined: not said. */
  readonly priority: Priority | undefined;
  /** Undefined: none. */
  readonly headers: Readonly<Record<string, HeaderValue>> | undefined;
  readonly correlationId: string | undefined;
  readonly id: string | undefined;
  readonly tags: readonly string[];
  /** Undefined: not said. */
  readonly unique: ResolvedUnique | false | undefined;
}

const NO_TAGS: readonly string[] = Object.freeze([]);

const MOST_TAGS = 20;

const tags = kindOf(
  `a list of up to ${MOST_TAGS} words of 1 to ${MOST_TEXT_BYTES} bytes each`,
  (value) =>
    Array.isArray(value) &&
    value.length <= MOST_TAGS &&
    value.every((tag) => shortText.problems(tag, '').length === 0),
  (value) => value as readonly string[],
);

const PRIORITY_WORDS: readonly unknown[] = ['high', 'normal', 'low'];

const priority = kindOf(
  `'high', 'normal', 'low' or a whole number from 0 to ${MOST_LEVELS - 1}`,
  (value) =>
    PRIORITY_WORDS.includes(value) ||
    (Number.isInteger(value) && (value as number) >= 0 && (value as number) < MOST_LEVELS),
  (value) => value as Priority,
);

const NOT_SAID = 'what the handler says';

const DEADLINE = "a Date, or a duration from now (milliseconds, or '30s', '5m', '2h', '14d')";

export const ENQUEUE = {
  delay: optional(
    durationBetween(0),
    'Earliest start, counted from now. Not together with `runAt`.',
    'at once',
  ),
  runAt: optional(
    kindOf('a valid Date', isValidDate, (value) => (value as Date).getTime()),
    'Earliest start as an instant; one in the past means now.',
    'at once',
  ),
  attempts: optional(wholeNumber(1), 'Runs at most; capped by `maxAttempts` of the queue.', NOT_SAID),
  backoff: optional(
    portableBackoff,
    'Delay between attempts. Not `custom`: a function cannot travel.',
    NOT_SAID,
  ),
  timeout: optional(durationBetween(1), 'Longest run of one attempt.', NOT_SAID),
  deadline: optional(
    kindOf(
      DEADLINE,
      (value) => isValidDate(value) || toMilliseconds(value) !== undefined,
      (value) => value as Duration | Date,
    ),
    'After this instant, or this time from now, no attempt starts.',
    NOT_SAID,
  ),
  ttl: optional(
    durationBetween(1),
    'Longest wait, from when it is due, until the first attempt starts.',
    NOT_SAID,
  ),
  priority: optional(
    priority,
    'Sooner or later than other jobs of the queue, which must have `priorities`; the highest number is first.',
    "'normal'",
  ),
  headers: optional(headers, 'Text, numbers and booleans that travel with the job; 16 KiB together.', 'none'),
  correlationId: optional(
    shortText,
    'Ties jobs of one cause together.',
    "the running job's, else the new id",
  ),
  id: optional(shortText, 'Makes a repeated enqueue recognisable.', 'a new UUIDv7'),
  tags: optional(tags, 'Words to find the job by, in the job store. They do not travel with it.', 'none'),
  queue: optional(
    queueName,
    'Queue to wait in; listed under `queues` of the module.',
    'by definition, else by type',
  ),
  unique: optional(
    unique,
    'One job at a time under a key: needs a job store. Replaces what the definition says.',
    'what the definition says, else false',
  ),
} satisfies Declares<EnqueueOptions>;

const NO_POLICY: OwnPolicy = Object.freeze({});

const NOTHING_SAID: ResolvedEnqueue = Object.freeze({
  queue: undefined,
  notBefore: undefined,
  deadlineAt: undefined,
  own: NO_POLICY,
  priority: undefined,
  headers: undefined,
  correlationId: undefined,
  id: undefined,
  tags: NO_TAGS,
  unique: undefined,
});

/**
 * Options of one enqueue, checked and in numbers. It looks only at what is said: most calls say little or nothing.
 * @throws ConfigurationError listing every problem by option.
 */
export function resolveEnqueueOptions(options: EnqueueOptions | undefined, now: number): ResolvedEnqueue {
  if (options === undefined) return NOTHING_SAID;
  const problems = checkSaid(options);
  if (problems) throw new ConfigurationError(problems);
  const { delay, runAt, deadline } = options;
  const dueAt = delay === undefined ? runAt?.getTime() : now + toMilliseconds(delay)!;
  const notBefore = dueAt !== undefined && dueAt > now ? dueAt : undefined;
  const deadlineAt = deadline instanceof Date ? deadline.getTime() : after(deadline, now);
  if (notBefore !== undefined && deadlineAt !== undefined && deadlineAt < notBefore) {
    throw new ConfigurationError([
      'enqueue option deadline: it ends before the earliest start that delay or runAt asks for, so the job could never run. Move one of them.',
    ]);
  }
  return {
    queue: options.queue,
    notBefore,
    deadlineAt,
    own: ownPolicyOf(options),
    priority: options.priority,
    headers: options.headers,
    correlationId: options.correlationId,
    id: options.id,
    tags: options.tags ? [...new Set(options.tags)] : NO_TAGS,
    unique: options.unique === undefined ? undefined : (resolveUnique(options.unique) ?? false),
  };
}

/** Undefined: nothing is wrong. */
function checkSaid(options: EnqueueOptions): string[] | undefined {
  if (!isRecord(options)) return [`enqueue options: ${shown(options)} is not an object of options.`];
  let problems: string[] | undefined;
  for (const name in options) {
    const said: unknown = options[name];
    if (said === undefined) continue;
    const found = Object.hasOwn(ENQUEUE, name)
      ? ENQUEUE[name as keyof EnqueueOptions].kind.problems(said, name)
      : [unknownOption(name, name, ENQUEUE)];
    if (found.length > 0) (problems ??= []).push(...found.map((problem) => `enqueue option ${problem}`));
  }
  if (options['delay'] !== undefined && options['runAt'] !== undefined) {
    (problems ??= []).push('enqueue option delay: it excludes runAt. Give one of them.');
  }
  return problems;
}

function ownPolicyOf({ attempts, timeout, ttl, backoff }: EnqueueOptions): OwnPolicy {
  if (attempts === undefined && timeout === undefined && ttl === undefined && backoff === undefined) {
    return NO_POLICY;
  }
  return {
    ...(attempts !== undefined && { maxAttempts: attempts }),
    ...(timeout !== undefined && { timeoutMs: toMilliseconds(timeout)! }),
    ...(ttl !== undefined && { ttlMs: toMilliseconds(ttl)! }),
    ...(backoff !== undefined && { backoff }),
  };
}

function after(duration: Duration | undefined, now: number): number | undefined {
  return duration === undefined ? undefined : now + toMilliseconds(duration)!;
}

function isValidDate(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime());
}
