import type { Duration } from 'nestjs-warren';
import { durationBetween } from 'nestjs-warren/ports';
import { shown } from './shown.js';
import { isRecord, kindOf, readFields, schemaOf, type Fields, type Kind, type ValuesOf } from './fields.js';

/** The kinds of values that requests carry. Numbers and switches of a query come as text. */

export function text(most = 255, least = 1): Kind<string> {
  return kindOf(
    `text of ${least} to ${most} characters`,
    { type: 'string', minLength: least, maxLength: most },
    (value) =>
      typeof value === 'string' && value.length >= least && value.length <= most ? value : undefined,
  );
}

export function whole(least: number, most: number): Kind<number> {
  return kindOf(
    `a whole number from ${least} to ${most}`,
    { type: 'integer', minimum: least, maximum: most },
    (value) => {
      const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
      return Number.isSafeInteger(number) && (number as number) >= least && (number as number) <= most
        ? (number as number)
        : undefined;
    },
  );
}

export const yesOrNo: Kind<boolean> = kindOf('true or false', { type: 'boolean' }, (value) =>
  value === 'true' ? true : value === 'false' ? false : typeof value === 'boolean' ? value : undefined,
);

const DURATION = durationBetween(0);
const DURATION_SCHEMA = {
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d|w)$' },
  ],
  examples: ['30s', 5000],
};

/** Milliseconds, or text with a unit. Those of a query are text either way. */
export const duration: Kind<Duration> = kindOf(
  "a duration (milliseconds, or '250ms', '30s', '5m', '2h', '14d')",
  DURATION_SCHEMA,
  (value) => {
    const said = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
    return DURATION.problems(said, '').length === 0 ? (said as Duration) : undefined;
  },
);

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** With its zone: without one it would mean another instant on each server. */
export const instant: Kind<Date> = kindOf(
  "an instant with its zone ('2027-01-31T09:00:00Z')",
  { type: 'string', format: 'date-time' },
  (value) => {
    if (typeof value !== 'string' || !INSTANT.test(value)) return undefined;
    const at = new Date(value);
    return Number.isNaN(at.getTime()) ? undefined : at;
  },
);

/** What comes first wins: a duration is never an instant. */
export const durationOrInstant: Kind<Duration | Date> = {
  schema: { anyOf: [...DURATION_SCHEMA.anyOf, instant.schema] },
  read(value, path) {
    const asDuration = duration.read(value, path);
    if (asDuration.isRead) return asDuration;
    const asInstant = instant.read(value, path);
    if (asInstant.isRead) return asInstant;
    return { isRead: false, problems: [`${asDuration.problems[0]!.slice(0, -1)}, nor ${INSTANT_SAID}.`] };
  },
};
const INSTANT_SAID = "an instant with its zone ('2027-01-31T09:00:00Z')";

export function oneOf<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  return kindOf(words.map((word) => `'${word}'`).join(' or '), { type: 'string', enum: words }, (value) =>
    words.includes(value as Word) ? (value as Word) : undefined,
  );
}

/** One or several; in a query separated by commas. */
export function someOf<const Word extends string>(...words: readonly Word[]): Kind<readonly Word[]> {
  return kindOf(
    `one or several of ${words.map((word) => `'${word}'`).join(', ')}`,
    { type: 'array', items: { type: 'string', enum: words } },
    (value) => {
      const list = typeof value === 'string' ? value.split(',') : value;
      return Array.isArray(list) && list.length > 0 && list.every((word) => words.includes(word as Word))
        ? (list as Word[])
        : undefined;
    },
  );
}

export function listOfText(most: number, characters = 255): Kind<readonly string[]> {
  return kindOf(
    `a list of 1 to ${most} texts of 1 to ${characters} characters`,
    {
      type: 'array',
      minItems: 1,
      maxItems: most,
      items: { type: 'string', minLength: 1, maxLength: characters },
    },
    (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.length <= most &&
      value.every((item) => typeof item === 'string' && item !== '' && item.length <= characters)
        ? (value as string[])
        : undefined,
  );
}

/** Any JSON. What is behind it checks it. */
export const json: Kind<unknown> = {
  schema: {},
  read: (value) => ({ isRead: true, value }),
};

/** Any JSON of one of the types named. What is behind it checks the rest. */
export function jsonOf<T = unknown>(
  accepts: string,
  schema: { readonly type: string | readonly string[] },
): Kind<T> {
  const types = [schema.type].flat();
  return {
    schema,
    read: (value, path) =>
      types.includes(typeOf(value))
        ? { isRead: true, value: value as T }
        : { isRead: false, problems: [`${path}: ${shown(value)} is not ${accepts}.`] },
  };
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** An object of declared fields. */
export function group<F extends Fields>(fields: F): Kind<ValuesOf<F>> {
  return { schema: schemaOf(fields), read: (value, path) => readFields(fields, value, path) };
}

export const record: Kind<Readonly<Record<string, unknown>>> = kindOf(
  'an object',
  { type: 'object' },
  (value) => (isRecord(value) ? value : undefined),
);
