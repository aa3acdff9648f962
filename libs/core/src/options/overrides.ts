import { isHandlerPattern } from '../job/type-name.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import type { SettingChange, SettingName, SettingScope } from '../ports/store-registry.js';
import {
  checkGroup,
  isRecord,
  kindOf,
  optional,
  withDefault,
  type Declares,
  type OptionGroup,
} from './describe.js';
import type { CapOverrides } from './cap-overrides.js';
import { LIMIT_OVERRIDES, type LimitOverrides } from './limit-overrides.js';
import { queueName, wholeNumber, yesOrNo } from './kinds.js';

/**
 * What can be changed while jobs run, by `jobs.queues.configure` and `jobs.types.configure`: one line for each. A value
 * stands over all that the options say, in every process, until it is reset. It is kept as it was given, so it must be
 * what JSON carries.
 */

/** Of a queue; limits that the broker keeps are among them. */
export interface QueueOverrides extends LimitOverrides, CapOverrides {
  /** No worker takes jobs from the queue. Default false. */
  readonly paused?: boolean;
  /** Attempts at once from the queue in each worker. Default: `worker.queues.<name>.concurrency`, else `worker.concurrency`. */
  readonly concurrency?: number;
}

/** Of the jobs of a type, in all queues. Limits are those of the handler for exactly that type or prefix. */
export interface TypeOverrides extends LimitOverrides {
  /** No worker runs jobs of the type. Default false. */
  readonly paused?: boolean;
}

/** AMQP's prefetch is a 16-bit number. */
const MOST_CONCURRENCY = 65_535;

export const QUEUE_OVERRIDES = {
  paused: withDefault(yesOrNo, 'No worker takes jobs from the queue.', false),
  concurrency: optional(
    wholeNumber(1, MOST_CONCURRENCY),
    'Attempts at once from the queue, in each worker.',
    'what `worker` says',
  ),
  ...LIMIT_OVERRIDES,
} satisfies Declares<Omit<QueueOverrides, keyof CapOverrides>>;

export const TYPE_OVERRIDES = {
  paused: withDefault(yesOrNo, 'No worker runs jobs of the type.', false),
  ...LIMIT_OVERRIDES,
} satisfies Declares<TypeOverrides>;

export const OVERRIDES: Readonly<Record<SettingScope, OptionGroup>> = {
  queue: QUEUE_OVERRIDES,
  type: TYPE_OVERRIDES,
};

const jobTypeOrPrefix = kindOf(
  "a job type, or a prefix that ends in a colon ('email:')",
  (value) => typeof value === 'string' && value !== '' && isHandlerPattern(value),
  (value) => value as string,
);

const NAMES = { queue: queueName, type: jobTypeOrPrefix } as const;

/** @throws ConfigurationError: no name of a queue, or of a type. */
export function requireName(scope: SettingScope, name: unknown, place: string): void {
  const problems = name === undefined ? [`${scope}: nothing is given.`] : NAMES[scope].problems(name, scope);
  if (problems.length > 0) throw new ConfigurationError(problems.map((problem) => `${place}: ${problem}`));
}

/**
 * A patch as changes for the store. What is undefined in it was not said.
 * @throws ConfigurationError listing every problem.
 */
export function changesOf(
  scope: SettingScope,
  name: string,
  patch: object,
  place: string,
): readonly SettingChange[] {
  const problems = checkGroup(OVERRIDES[scope], patch);
  const said = isRecord(patch) ? Object.entries(patch).filter(([, value]) => value !== undefined) : [];
  if (problems.length === 0 && said.length === 0) {
    problems.push(`nothing is said. Known here: ${Object.keys(OVERRIDES[scope]).join(', ')}.`);
  }
  if (problems.length > 0) throw new ConfigurationError(problems.map((problem) => `${place}: ${problem}`));
  return said.map(([key, value]) => ({ scope, name, key, value: JSON.stringify(value) }));
}

/** @throws ConfigurationError when there is no such setting. */
export function requireKey(scope: SettingScope, key: string, place: string): void {
  const problems = checkGroup(OVERRIDES[scope], { [key]: null }).filter((problem) =>
    /no such option/.test(problem),
  );
  if (problems.length > 0) throw new ConfigurationError(problems.map((problem) => `${place}: ${problem}`));
}

export type ReadOverride =
  | { readonly kind: 'value'; readonly said: unknown; readonly value: unknown }
  | { readonly kind: 'problem'; readonly problem: string };

/** A value that came from the store or from another process, which may be of another version. */
export function readOverride({ scope, name, key }: SettingName, text: string): ReadOverride {
  const option = Object.hasOwn(OVERRIDES[scope], key) ? OVERRIDES[scope][key] : undefined;
  const path = `${scope} ${name}: ${key}`;
  if (!option) return { kind: 'problem', problem: `${path}: this version does not know it` };
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return { kind: 'problem', problem: `${path}: it is no JSON` };
  }
  const [problem] = option.kind.problems(said, path);
  return problem === undefined
    ? { kind: 'value', said, value: option.resolve(said) }
    : { kind: 'problem', problem };
}
