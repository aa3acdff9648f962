import type {
  KeyedConcurrency,
  LimitKeyFunction,
  LimitOptions,
  Limits,
  RateLimitOptions,
} from '../job/limits.js';
import {
  checkGroup,
  isRecord,
  optional,
  withDefault,
  type Declares,
  type Kind,
  type OptionGroup,
} from './describe.js';
import { aFunction, durationBetween, group, oneOf, wholeNumber } from './kinds.js';
import type { StoreChoice } from './settings.js';

/** Limits over all workers, of queues, definitions and handlers. */

const MOST_AT_ONCE = 1_000_000;
const DAY_MS = 86_400_000;

const key = aFunction as Kind<LimitKeyFunction<unknown>>;

export const KEYED_CONCURRENCY = {
  limit: optional(wholeNumber(1, MOST_AT_ONCE), 'Jobs of one key at once.', 'none: it has to be said'),
  key: optional(
    key,
    '`(payload) => text`, before validation; undefined: no limit for that job.',
    'none: it has to be said',
  ),
} satisfies Declares<KeyedConcurrency>;

/** Without the key. */
export const RATE_ALONE = {
  max: optional(
    wholeNumber(1, MOST_AT_ONCE),
    'Starts in the time `per`, evenly spaced.',
    'none: it has to be said',
  ),
  per: optional(durationBetween(1, DAY_MS), 'See `max`.', 'none: it has to be said'),
  burst: withDefault(wholeNumber(1, MOST_AT_ONCE), 'Starts at once after a pause; at most `max`.', 1),
} satisfies Declares<Omit<RateLimitOptions, 'key'>>;

export const RATE_LIMIT = {
  ...RATE_ALONE,
  key: optional(key, '`(payload) => text`: counts each apart.', 'all jobs together'),
} satisfies Declares<RateLimitOptions>;

const keyedConcurrency = needing(group<KeyedConcurrency>(KEYED_CONCURRENCY), ['limit', 'key']);
export const rateAlone = needing(
  group<Omit<RateLimitOptions, 'key'>>(RATE_ALONE),
  ['max', 'per'],
  moreThanMax,
);
const rateLimit = needing(group<RateLimitOptions>(RATE_LIMIT), ['max', 'per'], moreThanMax);

export const LIMITS = {
  maxConcurrent: optional(
    wholeNumber(1, MOST_AT_ONCE),
    'Jobs at once over all workers; needs a job store.',
    'no limit',
  ),
  concurrency: optional(
    keyedConcurrency,
    'Jobs of one key at once over all workers: `{ limit, key }`; needs a job store.',
    'no limit',
  ),
  rateLimit: optional(
    rateLimit,
    'Starts over all workers: `{ max, per, burst, key }`; needs a job store.',
    'no limit',
  ),
  limitsOnStoreDown: withDefault(
    oneOf('wait', 'allow'),
    'While the job store does not answer: jobs with a limit wait, or run as if there were none.',
    'wait',
  ),
} satisfies Declares<LimitOptions>;

/** Of options without problems, the first of the layers that says something deciding, option by option; undefined: none. */
export function limitsOf(layers: ReadonlyArray<LimitOptions | undefined>): Limits | undefined {
  const said = <Name extends keyof LimitOptions>(name: Name): LimitOptions[Name] =>
    layers.find((layer) => layer?.[name] !== undefined)?.[name];
  const concurrency = said('concurrency');
  const rate = said('rateLimit');
  const maxConcurrent = said('maxConcurrent');
  if (maxConcurrent === undefined && !concurrency && !rate) return undefined;
  return Object.freeze({
    maxConcurrent,
    concurrency: concurrency && Object.freeze({ limit: concurrency.limit, key: concurrency.key }),
    rateLimit:
      rate &&
      Object.freeze({
        max: rate.max,
        perMs: RATE_LIMIT.per.resolve(rate.per)!,
        burst: RATE_LIMIT.burst.resolve(rate.burst),
        key: rate.key,
      }),
    onStoreDown: LIMITS.limitsOnStoreDown.resolve(said('limitsOnStoreDown')),
  });
}

/** Why this connection cannot limit over all workers; undefined: it can. */
export function lacksLimits(choice: StoreChoice): string | undefined {
  if (choice.kind === 'none') {
    return 'limits over all workers need a job store, and this connection has none. Give one: JobsModule.forRoot({ store: new RedisJobStore({ url }) }); or limit each worker: worker.concurrency.';
  }
  if (choice.kind === 'memory' || choice.store.limits) return undefined;
  return `limits over all workers need the facet 'limits', which the job store given (${choice.store.kind}) does not have. Give a store that has it, or remove the limits.`;
}

/** A kind whose options cannot be left out. */
function needing<Options>(
  kind: Kind<Options>,
  names: readonly string[],
  more: (value: Readonly<Record<string, unknown>>, path: string) => string[] = () => [],
): Kind<Options> {
  return {
    ...kind,
    problems(value, path) {
      const problems = checkGroup(kind.members as OptionGroup, value, path);
      if (!isRecord(value)) return problems;
      const missing = names.filter((name) => value[name] === undefined);
      problems.push(...missing.map((name) => `${path}.${name}: it is missing. Give ${names.join(' and ')}.`));
      return problems.length > 0 ? problems : more(value, path);
    },
  };
}

function moreThanMax({ max, burst }: Readonly<Record<string, unknown>>, path: string): string[] {
  if (typeof burst !== 'number' || typeof max !== 'number' || burst <= max) return [];
  return [`${path}.burst: ${burst} is above max (${max}). Lower burst or raise max.`];
}
