import type { KeepOptions, PolicyOptions, Retention, RetentionOptions } from '../job/policy.js';
import { optional, withDefault, type Declares } from './describe.js';
import { durationBetween, group, wholeNumber } from './kinds.js';

/** How long finished jobs are remembered, under `retention` of a policy. */

const AGE = 'From the end of the job; 0: it is not remembered.';

const count = optional(
  wholeNumber(0),
  'Jobs of one type and final state at most, those that ended last.',
  'any number; 10,000 in a store that Warren makes in the memory of the process',
);

const COMPLETED = {
  age: withDefault(durationBetween(0), AGE, '24h'),
  count,
} satisfies Declares<KeepOptions>;

const FAILED = {
  age: withDefault(durationBetween(0), AGE, '14d'),
  count,
} satisfies Declares<KeepOptions>;

export const RETENTION = {
  completed: optional(
    group<KeepOptions>(COMPLETED),
    'Jobs that completed: `{ age, count }`.',
    "`{ age: '24h' }`",
  ),
  failed: optional(
    group<KeepOptions>(FAILED),
    'Jobs that failed, were cancelled or could not be enqueued: `{ age, count }`.',
    "`{ age: '14d' }`",
  ),
} satisfies Declares<RetentionOptions>;

/** The first layer that says something decides, value by value. */
export function retentionOf(
  layers: ReadonlyArray<PolicyOptions | undefined>,
  countOfOthers: number | undefined,
): Retention {
  const said = <Name extends keyof KeepOptions>(end: keyof RetentionOptions, name: Name): KeepOptions[Name] =>
    layers.find((layer) => layer?.retention?.[end]?.[name] !== undefined)?.retention?.[end]?.[name];
  return Object.freeze({
    completed: Object.freeze({
      ms: COMPLETED.age.resolve(said('completed', 'age')),
      count: COMPLETED.count.resolve(said('completed', 'count')) ?? countOfOthers,
    }),
    failed: Object.freeze({
      ms: FAILED.age.resolve(said('failed', 'age')),
      count: FAILED.count.resolve(said('failed', 'count')) ?? countOfOthers,
    }),
  });
}
