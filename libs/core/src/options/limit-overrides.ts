import type { LimitOptions, RateLimitOptions } from '../job/limits.js';
import { ruleName } from '../job/limit-names.js';
import type { LimitValue } from '../ports/store-limits.js';
import type { SettingChange } from '../ports/store-registry.js';
import { optional, type Declares, type Kind } from './describe.js';
import { LIMITS, RATE_ALONE, rateAlone } from './limits.js';

/**
 * Limits over all workers that are said while jobs run, in the place of those of the options; null: none. What the
 * options say of keys and of `limitsOnStoreDown` goes on.
 */
export interface LimitOverrides {
  /** Jobs at once over all workers; null: no limit. Default: what the options say. Needs a job store. */
  readonly maxConcurrent?: LimitOptions['maxConcurrent'] | null;
  /**
   * Starts over all workers: `{ max: 100, per: '1m', burst: 5 }`; null: no limit. Each key apart where the options give a
   * key. Default: what the options say. Needs a job store.
   */
  readonly rateLimit?: Omit<RateLimitOptions, 'key'> | null | undefined;
}

const OTHERWISE = 'what the options say';

export const LIMIT_OVERRIDES = {
  maxConcurrent: optional(
    orNull(LIMITS.maxConcurrent.kind as Kind<number>),
    'Jobs at once over all workers; null: no limit. Needs a job store.',
    OTHERWISE,
  ),
  rateLimit: optional(
    orNull(rateAlone),
    'Starts over all workers: `{ max, per, burst }`; null: no limit. Needs a job store.',
    OTHERWISE,
  ),
} satisfies Declares<LimitOverrides>;

export interface RuleChange {
  readonly rule: string;
  /** Undefined: each worker goes by its own table of limits again. */
  readonly limit: LimitValue | undefined;
}

/** What a sound change says to the facet `limits`; undefined: it is of no limit. */
export function ruleChangeOf({ scope, name, key, value }: SettingChange): RuleChange | undefined {
  if (key !== 'maxConcurrent' && key !== 'rateLimit') return undefined;
  const rule = ruleName(key, { kind: scope, name });
  const said = (value === undefined ? null : JSON.parse(value)) as number | RateLimitOptions | null;
  if (said === null) return { rule, limit: undefined };
  if (typeof said === 'number') return { rule, limit: { kind: 'slots', limit: said } };
  const { max, per, burst } = said;
  const perMs = RATE_ALONE.per.resolve(per)!;
  return { rule, limit: { kind: 'rate', max, perMs, burst: RATE_ALONE.burst.resolve(burst) } };
}

function orNull<Resolved>(kind: Kind<Resolved>): Kind<Resolved | null> {
  return {
    ...kind,
    accepts: `${kind.accepts}, or null`,
    problems: (value, path) => (value === null ? [] : kind.problems(value, path)),
    resolve: (value) => (value === null ? null : kind.resolve(value)),
  };
}
