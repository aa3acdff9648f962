import { isQueueName } from '../job/type-name.js';
import { formatDuration, toMilliseconds } from '../kernel/duration.js';
import { MOST_TEXT_BYTES, isShortText } from '../kernel/short-text.js';
import { checkGroup, isRecord, kindOf, shown, type Kind, type OptionGroup } from './describe.js';

/** The kinds of values that options take. Nothing is coerced: what looks like another type is refused with a hint. */

export const yesOrNo: Kind<boolean> = kindOf(
  'true or false',
  (value) => typeof value === 'boolean',
  (value) => value as boolean,
  (value) =>
    typeof value === 'string'
      ? " It is text; environment variables need a comparison: value === 'true'."
      : '',
);

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER, unit = ''): Kind<number> {
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${grouped(most)}`;
  return kindOf(
    `a whole number ${range}${unit && ` (${unit})`}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
    (value) => value as number,
    (value) => (typeof value === 'string' ? ' It is text; give the number: Number(value).' : ''),
  );
}

export function durationBetween(leastMs: number, mostMs?: number): Kind<number> {
  return kindOf(acceptedDuration(leastMs, mostMs), isDurationBetween(leastMs, mostMs), milliseconds);
}

/** `false` says never; it resolves to undefined. */
export function durationOrFalse(leastMs: number): Kind<number | undefined> {
  const isDuration = isDurationBetween(leastMs);
  return kindOf(
    `${acceptedDuration(leastMs)}, or false for none`,
    (value) => value === false || isDuration(value),
    (value) => (value === false ? undefined : milliseconds(value)),
  );
}

export function oneOf<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  return kindOf(
    words.map((word) => `'${word}'`).join(' or '),
    (value) => words.includes(value as Word),
    (value) => value as Word,
  );
}

export function nameUpTo(characters: number): Kind<string> {
  return kindOf(
    `a name of letters, digits, '_' and '-', of at most ${characters} characters`,
    (value) => typeof value === 'string' && value.length <= characters && /^[A-Za-z0-9_-]+$/.test(value),
    (value) => value as string,
    emptyHint,
  );
}

export const queueName: Kind<string> = kindOf(
  "a queue name (letters, digits, '_', '.', '-')",
  isQueueName,
  (value) => value as string,
  emptyHint,
);

/** Text that AMQP carries as a short string, and stores take as an id. */
export const shortText: Kind<string> = kindOf(
  `text of 1 to ${MOST_TEXT_BYTES} bytes`,
  isShortText,
  (value) => value as string,
);

export const aFunction: Kind<(...given: never[]) => unknown> = kindOf(
  'a function',
  (value) => typeof value === 'function',
  (value) => value as (...given: never[]) => unknown,
);

export function listOf<Item extends string>(...items: readonly Item[]): Kind<readonly Item[]> {
  return kindOf(
    `a list of: ${items.map((item) => `'${item}'`).join(', ')}`,
    (value) => Array.isArray(value) && value.every((item) => items.includes(item as Item)),
    (value) => value as readonly Item[],
  );
}

export function listOfFunctions<Listed>(): Kind<readonly Listed[]> {
  return kindOf(
    'a list of functions',
    (value) => Array.isArray(value) && value.every((item) => typeof item === 'function'),
    (value) => value as readonly Listed[],
  );
}

export function objectWith<Kept>(what: string, ...methods: readonly (keyof Kept & string)[]): Kind<Kept> {
  const missing = (value: unknown): readonly string[] =>
    methods.filter((method) => typeof (value as Record<string, unknown>)[method] !== 'function');
  return kindOf(
    `${what} with the methods ${methods.join(', ')}`,
    (value) => typeof value === 'object' && value !== null && missing(value).length === 0,
    (value) => value as Kept,
    (value) => (isRecord(value) ? ` Missing: ${missing(value).join(', ')}.` : ''),
  );
}

/** An object of options. */
export function group<Options>(members: OptionGroup): Kind<Options> {
  return {
    accepts: 'an object of options',
    members,
    problems: (value, path) => checkGroup(members, value, path),
    resolve: (value) => value as Options,
  };
}

/** Objects of options by the name of their queue. */
export function byQueue<Options>(members: OptionGroup): Kind<Readonly<Record<string, Options>>> {
  return {
    accepts: 'an object: queue name -> options',
    members,
    isByName: true,
    problems(value, path) {
      if (!isRecord(value)) return [`${path}: ${shown(value)} is not an object with queue names as keys.`];
      return Object.entries(value).flatMap(([queue, options]) => [
        ...queueName.problems(queue, path),
        ...(options === undefined ? [] : checkGroup(members, options, `${path}.${queue}`)),
      ]);
    },
    resolve: (value) => value as Readonly<Record<string, Options>>,
  };
}

function acceptedDuration(leastMs: number, mostMs?: number): string {
  const atLeast = leastMs > 0 ? ` of at least ${formatDuration(leastMs)}` : '';
  const atMost = mostMs === undefined ? '' : ` and at most ${formatDuration(mostMs)}`;
  return `a duration (milliseconds, or '250ms', '30s', '5m', '2h', '14d')${atLeast}${atMost}`;
}

function isDurationBetween(leastMs: number, mostMs = Infinity): (value: unknown) => boolean {
  return (value) => {
    const ms = toMilliseconds(value);
    return ms !== undefined && ms >= leastMs && ms <= mostMs;
  };
}

function milliseconds(value: unknown): number {
  return toMilliseconds(value)!;
}

function emptyHint(value: unknown): string {
  return value === '' ? ' It is empty; leave it out for the default.' : '';
}

function grouped(count: number): string {
  return count.toLocaleString('en');
}
