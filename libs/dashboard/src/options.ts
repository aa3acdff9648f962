import type { Duration, HandleOptions, JobDefinition } from 'nestjs-warren';
import {
  ConfigurationError,
  checkGroup,
  durationBetween,
  kindOf,
  optional,
  withDefault,
  type Declares,
} from 'nestjs-warren/ports';
import type { Access } from './access.js';

/** A type, or a prefix, whose jobs remote workers run. */
export interface RemoteType extends Omit<HandleOptions, 'place' | 'onDemand' | 'retryIf'> {
  /** `py:resize`, or a prefix: `py:*`. */
  readonly type: string;
}

/** Options of `JobsApiModule`. */
export interface JobsApiOptions {
  /**
   * Says whether a request may do what it wants. In production it or `guards` is required. Default: without guards,
   * requests of this machine alone.
   */
  readonly access?: Access;
  /**
   * Hides values of payloads, results, progress and headers by their keys. `{ keys }` adds keys to the usual ones
   * (passwords, tokens, cookies, cards); `false` hides nothing. Remote workers get payloads as they are.
   * Default: the usual ones.
   */
  readonly redact?: false | { readonly keys: readonly string[] };
  /** Definitions whose jobs are enqueued with their queue, their `unique` and their check of the payload. Default: none. */
  readonly definitions?: readonly JobDefinition[];
  /** The longest that a request may wait: for a result, or for jobs. 1 s to 10 min. Default 1 min. */
  readonly longestWait?: Duration;
  /**
   * Types and prefixes (`py:*`) whose jobs remote workers take over HTTP, with the options of a handler. Their queues are
   * taken from while somebody waits for jobs, and must have no other handlers in this process. Default: none.
   */
  readonly remoteTypes?: readonly (string | RemoteType)[];
  /** Lease of a remote worker that asks for none. 1 s to 1 h. Default 30 s. */
  readonly lease?: Duration;
}

const HOUR_MS = 3_600_000;

function listWith<Item>(accepts: string, isItem: (item: unknown) => boolean) {
  return kindOf(
    accepts,
    (value) => Array.isArray(value) && value.every(isItem),
    (value) => value as readonly Item[],
  );
}

function hasType(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as RemoteType).type === 'string';
}

export const JOBS_API = {
  access: optional(
    kindOf(
      'a function (request, call) => true or false',
      (value) => typeof value === 'function',
      (value) => value as Access,
    ),
    'Says whether a request may do what it wants.',
    'requests of this machine alone; in production a refusal to boot without guards',
  ),
  redact: withDefault(
    kindOf(
      'false, or { keys: [...] } with names of keys',
      (value) =>
        value === false ||
        (typeof value === 'object' &&
          value !== null &&
          Object.keys(value).join() === 'keys' &&
          Array.isArray((value as { readonly keys: unknown }).keys) &&
          (value as { readonly keys: readonly unknown[] }).keys.every(
            (key) => typeof key === 'string' && key !== '',
          )),
      (value) => value as NonNullable<JobsApiOptions['redact']>,
    ),
    'Keys whose values are hidden, besides the usual ones.',
    { keys: [] },
  ),
  definitions: withDefault(
    listWith<JobDefinition>('a list of what defineJob made', hasType),
    'Definitions whose jobs are enqueued with their queue, `unique` and check of the payload.',
    [],
  ),
  longestWait: withDefault(durationBetween(1_000, 600_000), 'The longest that a request may wait.', '1m'),
  remoteTypes: withDefault(
    listWith<string | RemoteType>(
      "a list of types, of prefixes ('py:*') or of { type, ...options of a handler }",
      (item) => typeof item === 'string' || hasType(item),
    ),
    'Types and prefixes whose jobs remote workers take over HTTP.',
    [],
  ),
  lease: withDefault(durationBetween(1_000, HOUR_MS), 'Lease of a remote worker that asks for none.', '30s'),
} satisfies Declares<JobsApiOptions>;

/** @throws ConfigurationError listing every problem. */
export function requireSound(said: unknown): asserts said is JobsApiOptions {
  const problems = checkGroup(JOBS_API, said).map((problem) => `JobsApiModule: option ${problem}`);
  if (problems.length > 0) throw new ConfigurationError(problems);
}
