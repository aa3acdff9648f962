import { ruleName, shortened, type LimitScope } from '../../job/limit-names.js';
import type { LimitKeyFunction, Limits } from '../../job/limits.js';
import { disown } from '../../kernel/guarded.js';
import type { LimitRule, LimitValue } from '../../ports/store-limits.js';

/** Limits compiled, before a job comes. */
export interface ScopedRule {
  readonly name: string;
  readonly limit: LimitValue;
  readonly key: LimitKeyFunction<unknown> | undefined;
  /** All jobs of the queue have it: one that waits for it keeps no other from running. */
  readonly isWide: boolean;
}

export interface RuleSet {
  /** At least one. */
  readonly rules: readonly ScopedRule[];
  readonly onStoreDown: Limits['onStoreDown'];
}

/** Under this key a rule counts jobs together whose key could not be made. */
const UNREADABLE = '?';

export function rulesOf(scope: LimitScope, { maxConcurrent, concurrency, rateLimit }: Limits): ScopedRule[] {
  const isQueue = scope.kind === 'queue';
  const rules: ScopedRule[] = [];
  if (maxConcurrent !== undefined) {
    const limit = { kind: 'slots', limit: maxConcurrent } as const;
    rules.push({ name: ruleName('maxConcurrent', scope), limit, key: undefined, isWide: isQueue });
  }
  if (concurrency) {
    const limit = { kind: 'slots', limit: concurrency.limit } as const;
    rules.push({ name: ruleName('concurrency', scope), limit, key: concurrency.key, isWide: false });
  }
  if (rateLimit) {
    const { max, perMs, burst, key } = rateLimit;
    const limit = { kind: 'rate', max, perMs, burst } as const;
    rules.push({ name: ruleName('rateLimit', scope), limit, key, isWide: isQueue && key === undefined });
  }
  return rules;
}

/** The rules that are for this job. `report` hears of a key function that failed. */
export function rulesFor(
  rules: readonly ScopedRule[],
  payload: unknown,
  report: (rule: ScopedRule, error: unknown) => void,
): LimitRule[] {
  return rules.flatMap((rule) => {
    const key = rule.key ? keyOf(rule, rule.key, payload, report) : '';
    return key === undefined ? [] : [{ ...rule.limit, name: rule.name, key }];
  });
}

function keyOf(
  rule: ScopedRule,
  of: LimitKeyFunction<unknown>,
  payload: unknown,
  report: (rule: ScopedRule, error: unknown) => void,
): string | undefined {
  try {
    const key: unknown = of(payload);
    if (key === undefined) return undefined;
    if (typeof key === 'string' || typeof key === 'number') return shortened(String(key));
    disown(key);
    throw new TypeError(`it returned a value of type ${typeof key}; return text, a number or undefined`);
  } catch (error) {
    report(rule, error);
    return UNREADABLE;
  }
}
