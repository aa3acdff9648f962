import type { PolicyOptions, RetentionOptions } from '../job/policy.js';
import { FINAL_STATES } from '../job/states.js';
import { backoffs, readPortableBackoff, type Backoff, type PortableBackoff } from '../kernel/backoff.js';
import {
  isRecord,
  kindOf,
  shown,
  optional,
  withDefault,
  type Declares,
  type Kind,
  type OptionGroup,
} from './describe.js';
import { aFunction, durationOrFalse, group, listOf, oneOf, wholeNumber } from './kinds.js';
import { RETENTION } from './retention.js';

/** Options that say how often and how long a job is tried: of the module, a queue, a definition and a handler. */

const WRITTEN = 'a backoff: exponential({ … }), linear({ … }), fixed(delay) or a preset of `backoffs`';

/** What can be written into a message: a function cannot. */
export const portableBackoff: Kind<PortableBackoff> = {
  accepts: WRITTEN,
  problems(value, path) {
    if (isRecord(value) && value['kind'] === 'custom') {
      return [
        `${path}: a custom backoff is a function, which cannot travel with a job. Put it on the handler: @JobHandler(type, { backoff: custom(…) }).`,
      ];
    }
    return readPortableBackoff(value) ? [] : [`${path}: ${shown(value)} is not ${WRITTEN}.`];
  },
  resolve: (value) => value as PortableBackoff,
};

const anyBackoff: Kind<Backoff> = kindOf(
  `${WRITTEN}, or custom(delay)`,
  (value) => readPortableBackoff(value) !== undefined || isCustom(value),
  (value) => value as Backoff,
);

function isCustom(value: unknown): boolean {
  return isRecord(value) && value['kind'] === 'custom' && typeof value['delay'] === 'function';
}

export const POLICY = {
  attempts: withDefault(
    wholeNumber(1),
    'Runs at most, the first included; capped by `maxAttempts` of the queue.',
    10,
  ),
  backoff: withDefault(anyBackoff, 'Delay between attempts.', backoffs.tenMinutes, '`backoffs.tenMinutes`'),
  timeout: withDefault(
    durationOrFalse(1),
    'Longest run of one attempt; then its signal aborts and the attempt fails.',
    '15m',
  ),
  deadline: withDefault(durationOrFalse(1), 'After this time from the enqueue no attempt starts.', false),
  ttl: withDefault(durationOrFalse(1), 'Longest wait in the queue before the first attempt.', false),
  retryIf: optional(
    aFunction as Kind<NonNullable<PolicyOptions['retryIf']>>,
    '`(error, attempt) => boolean`: whether another attempt makes sense.',
    'always',
  ),
  track: withDefault(
    oneOf('all', 'failures', 'none'),
    'What the job store is told: `all`, only what failed for good, or nothing. A producer goes by definition, queue and module, as it does not know the handler.',
    'all',
  ),
  retention: optional(
    group<RetentionOptions>(RETENTION),
    'How long and how many finished jobs the job store remembers.',
    'as below',
  ),
  discardStates: withDefault(
    listOf(...FINAL_STATES),
    'Final states in which the job store forgets a job as it ends, whatever `retention` says.',
    [],
    'none',
  ),
} satisfies Declares<PolicyOptions>;

/** The same without defaults, where unsaid means that the next layer decides. */
export const POLICY_LAYER: OptionGroup = Object.fromEntries(
  Object.entries(POLICY).map(([name, option]) => [
    name,
    { ...option, defaultText: 'what the next layer says' },
  ]),
);
