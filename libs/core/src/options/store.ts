import type { JobStore } from '../ports/job-store.js';
import { isRecord, kindOf, optional, withDefault, type Declares } from './describe.js';
import { wholeNumber } from './kinds.js';
import type { BrokerChoice, StoreChoice } from './settings.js';

/** The part of the module's options that says what remembers jobs. */

/** Of `JobsOptions`. */
export interface StoreOptions {
  /**
   * What remembers jobs: states, results, progress. Warren starts it and closes it; a client that the store was given
   * stays open. `false`: nothing does. Default: with the broker in memory a `MemoryJobStore`, else none.
   */
  readonly store?: JobStore | false | undefined;
  /** Payloads and results up to this many bytes of JSON are remembered; jobs may be larger. Default 256 KiB. */
  readonly maxRememberedBytes?: number;
}

const store = kindOf(
  'a job store such as `new RedisJobStore({ url })`, or false for none',
  (value) => value === false || isStore(value),
  (value) => value as JobStore | false,
);

function isStore(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value['records'])) return false;
  return ['start', 'status', 'close'].every((method) => typeof value[method] === 'function');
}

export const STORE = {
  store: optional(
    store,
    'What remembers jobs: states, results, progress. Started and closed by Warren.',
    'with the broker in memory a `MemoryJobStore`, else none',
  ),
  maxRememberedBytes: withDefault(
    wholeNumber(0),
    'Payloads and results up to this many bytes of JSON are remembered; jobs may be larger.',
    256 * 1024,
    '262144 (256 KiB)',
  ),
} satisfies Declares<StoreOptions>;

/** Of options without problems. */
export function storeChoice({ store: said }: StoreOptions, broker: BrokerChoice): StoreChoice {
  if (said) return Object.freeze({ kind: 'given', store: said });
  if (said === undefined && broker.kind === 'memory') return Object.freeze({ kind: 'memory' });
  return Object.freeze({ kind: 'none' });
}
