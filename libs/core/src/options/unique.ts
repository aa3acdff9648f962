import type { JobDefinition } from '../job/definition.js';
import type { Policy } from '../job/policy.js';
import type { Unique, UniqueConflict, UniqueKeyFunction, UniqueOptions, UniqueUntil } from '../job/unique.js';
import { toMilliseconds } from '../kernel/duration.js';
import {
  checkGroup,
  isRecord,
  kindOf,
  optional,
  shown,
  withDefault,
  type Declares,
  type Kind,
} from './describe.js';
import { oneOf } from './kinds.js';
import type { StoreChoice } from './settings.js';

/** The option `unique`, of a definition and of an enqueue. */

/** `unique` after validation. */
export interface ResolvedUnique {
  /** Undefined: the payload itself. */
  readonly key: string | UniqueKeyFunction<unknown> | undefined;
  /** A number: milliseconds from the enqueue. */
  readonly until: 'started' | 'completed' | number;
  readonly onConflict: UniqueConflict;
  readonly onStoreDown: 'allow' | 'throw';
}

const key = kindOf(
  'text, or a function (payload) => text',
  (value) => typeof value === 'function' || (typeof value === 'string' && value !== ''),
  (value) => value as string | UniqueKeyFunction<unknown>,
  (value) => (value === '' ? ' It is empty, and all jobs of the type would be one.' : ''),
);

const until: Kind<ResolvedUnique['until']> = kindOf(
  "'started', 'completed', or a duration (milliseconds, or '250ms', '30s', '5m', '2h', '14d') of at least 1ms",
  (value) => value === 'started' || value === 'completed' || (toMilliseconds(value) ?? 0) >= 1,
  (value) => (value === 'started' || value === 'completed' ? value : toMilliseconds(value)!),
);

export const UNIQUE = {
  key: optional(
    key,
    'What makes two jobs of a type the same. Above 255 bytes its SHA-256 stands for it.',
    'the payload, as JSON',
  ),
  until: withDefault(
    until,
    'How long the key is held: until the first run begins, until the job ends whatever way, or that long from the enqueue.',
    'completed' satisfies UniqueUntil,
  ),
  onConflict: withDefault(
    oneOf('return', 'replace', 'throw'),
    'When another job holds the key: give a ref of that one; give the waiting one the new payload and time; throw WARREN_NOT_UNIQUE.',
    'return' satisfies UniqueConflict,
  ),
  onStoreDown: withDefault(
    oneOf('allow', 'throw'),
    'When the job store does not answer: enqueue all the same, or throw WARREN_STORE_UNAVAILABLE.',
    'allow',
  ),
} satisfies Declares<UniqueOptions>;

const ACCEPTS = 'true, false, or { key, until, onConflict, onStoreDown }';

export const unique: Kind<Unique> = {
  accepts: ACCEPTS,
  members: UNIQUE,
  problems(value, path) {
    if (typeof value === 'boolean') return [];
    return isRecord(value)
      ? checkGroup(UNIQUE, value, path)
      : [`${path}: ${shown(value)} is not ${ACCEPTS}.`];
  },
  resolve: (value) => value as Unique,
};

/** Of a value without problems; undefined: not unique. */
export function resolveUnique(said: Unique): ResolvedUnique | undefined {
  if (said === false) return undefined;
  const options: UniqueOptions = said === true ? {} : said;
  return Object.freeze({
    key: UNIQUE.key.resolve(options.key),
    until: UNIQUE.until.resolve(options.until),
    onConflict: UNIQUE.onConflict.resolve(options.onConflict),
    onStoreDown: UNIQUE.onStoreDown.resolve(options.onStoreDown),
  });
}

/** Of definitions without problems, so that each is looked at once. */
const ofDefinitions = new WeakMap<JobDefinition, ResolvedUnique | undefined>();

export function uniqueOfDefinition(job: JobDefinition): ResolvedUnique | undefined {
  if (job.unique === undefined) return undefined;
  if (!ofDefinitions.has(job)) ofDefinitions.set(job, resolveUnique(job.unique));
  return ofDefinitions.get(job);
}

/** The waiting job is found by its record. Undefined: nothing is wrong. */
export function untrackedReplace({ onConflict }: ResolvedUnique, { track }: Policy): string | undefined {
  if (onConflict !== 'replace' || track === 'all') return undefined;
  return `option unique.onConflict 'replace' changes what the job store remembers, but track is '${track}'. Set track: 'all', or give another onConflict.`;
}

/** Why this connection cannot keep keys unique as it is asked to; undefined: it can. */
export function lacksUniqueKeys(choice: StoreChoice, { onConflict }: ResolvedUnique): string | undefined {
  if (choice.kind === 'none') {
    return 'the option unique needs a job store, and this connection has none. Give one: JobsModule.forRoot({ store: new RedisJobStore({ url }) }).';
  }
  if (choice.kind === 'memory') return undefined;
  const { kind, unique: keys, reads } = choice.store;
  if (!keys) return lack('unique', "needs the facet 'unique'", kind);
  // The waiting job is found by its record.
  if (onConflict !== 'replace' || reads) return undefined;
  return lack("unique.onConflict 'replace'", "needs the facet 'reads'", kind);
}

function lack(option: string, needs: string, kind: string): string {
  return `the option ${option} ${needs}, which the job store given (${kind}) does not have. Give a store that has it, or remove the option.`;
}
