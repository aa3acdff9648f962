import { shown } from './shown.js';

/**
 * How the fields of requests are declared: each once, with its text, what it takes and its JSON schema. Out of a
 * declaration come the check (all problems at once) and the OpenAPI document. Nothing of it throws.
 */

export type Schema = Readonly<Record<string, unknown>>;

export type Read<T> =
  | { readonly isRead: true; readonly value: T }
  /** Completes the field's path: `body.type: "" is not ...` */
  | { readonly isRead: false; readonly problems: readonly string[] };

/** What values a field takes, and what code gets of them. */
export interface Kind<T> {
  readonly schema: Schema;
  /** Text of a query is given as it came: kinds that are no text read it. */
  read(value: unknown, path: string): Read<T>;
}

export interface Field<T> {
  readonly text: string;
  readonly isRequired: boolean;
  readonly kind: Kind<unknown>;
  /** For the compiler only. */
  readonly value?: T;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

export type ValuesOf<F extends Fields> = {
  readonly [Name in keyof F]: NonNullable<F[Name]['value']> | Absent<F[Name]>;
};

type Absent<F> = F extends { readonly isRequired: true } ? never : undefined;

export function required<T>(kind: Kind<T>, text: string): Field<T> & { readonly isRequired: true } {
  return { kind, text, isRequired: true };
}

export function optional<T>(kind: Kind<T>, text: string): Field<T> & { readonly isRequired: false } {
  return { kind, text, isRequired: false };
}

/** A kind with one way to be wrong. `read` gives undefined for what it does not take. */
export function kindOf<T>(accepts: string, schema: Schema, read: (value: unknown) => T | undefined): Kind<T> {
  return {
    schema,
    read(value, path) {
      const got = read(value);
      return got === undefined
        ? { isRead: false, problems: [`${path}: ${shown(value)} is not ${accepts}.`] }
        : { isRead: true, value: got };
    },
  };
}

/** All fields of a part of a request. `place` is `body`, `query` or the path of a field that holds others. */
export function readFields<F extends Fields>(fields: F, given: unknown, place: string): Read<ValuesOf<F>> {
  if (!isRecord(given)) return { isRead: false, problems: [`${place}: ${shown(given)} is not an object.`] };
  const names = Object.keys(fields);
  const known = names.length === 0 ? 'Nothing is known here.' : `Known here: ${names.join(', ')}.`;
  const problems = Object.keys(given)
    .filter((name) => !Object.hasOwn(fields, name))
    .map((name) => `${place}.${name.slice(0, 60)}: there is no such field. ${known}`);
  const values: Record<string, unknown> = {};
  for (const [name, { kind, isRequired }] of Object.entries(fields)) {
    const said = Object.hasOwn(given, name) ? given[name] : undefined;
    if (said === undefined) {
      if (isRequired) problems.push(`${place}.${name}: it is missing.`);
      continue;
    }
    const read = kind.read(said, `${place}.${name}`);
    if (read.isRead) values[name] = read.value;
    else problems.push(...read.problems);
  }
  if (problems.length > 0) return { isRead: false, problems: problems.slice(0, MOST_PROBLEMS) };
  return { isRead: true, value: values as ValuesOf<F> };
}

/** A request of nothing but unknown fields must not be answered with all of them. */
const MOST_PROBLEMS = 20;

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON schema of an object of these fields. */
export function schemaOf(fields: Fields): Schema {
  const entries = Object.entries(fields);
  const needed = entries.filter(([, { isRequired }]) => isRequired).map(([name]) => name);
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      entries.map(([name, { kind, text }]) => [name, { ...kind.schema, description: text }]),
    ),
    ...(needed.length > 0 && { required: needed }),
  };
}
