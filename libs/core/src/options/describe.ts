import { closest } from '../kernel/closest.js';
import { redactUrls } from '../kernel/errors/index.js';

/**
 * The tiny language in which options are declared: each once, with text, kind of value (its unit and range) and
 * default. Out of a declaration come the check (all problems at once, never throws), the resolved value and the
 * reference page.
 */

/** What values an option takes. */
export interface Kind<Resolved> {
  /** Completes "is not ..." in messages; the reference shows it too. */
  readonly accepts: string;
  /** Whole sentences that begin with `path`; none when the value is fine. `undefined` never comes here. */
  problems(value: unknown, path: string): readonly string[];
  /** Of a value without problems. */
  resolve(value: unknown): Resolved;
  /** Options below this one. */
  readonly members?: OptionGroup;
  /** They stand below names of the user's. */
  readonly isByName?: boolean;
}

export interface Option<Resolved> {
  readonly text: string;
  readonly kind: Kind<unknown>;
  readonly defaultText: string;
  /** The value for code: of what was said, else of the default. */
  resolve(said: unknown): Resolved;
}

export type OptionGroup = Readonly<Record<string, Option<unknown>>>;

/** Makes the compiler check that a group declares each option of an interface and no others. */
export type Declares<Options> = { readonly [Name in keyof Required<Options>]: Option<unknown> };

/** An option that has a value whether it is said or not. */
export function withDefault<Resolved>(
  kind: Kind<Resolved>,
  text: string,
  otherwise: unknown,
  defaultText = JSON.stringify(otherwise),
): Option<Resolved> {
  return { text, kind, defaultText, resolve: (said) => kind.resolve(said === undefined ? otherwise : said) };
}

/** An option that may stay unsaid. */
export function optional<Resolved>(
  kind: Kind<Resolved>,
  text: string,
  defaultText: string,
): Option<Resolved | undefined> {
  return {
    text,
    kind,
    defaultText,
    resolve: (said) => (said === undefined ? undefined : kind.resolve(said)),
  };
}

/** Everything that is wrong with `value` as an object of these options. `path` is where it stands, `''` at the top. */
export function checkGroup(members: OptionGroup, value: unknown, path = ''): string[] {
  if (!isRecord(value)) return [`${path || 'options'}: ${shown(value)} is not an object of options.`];
  const problems: string[] = [];
  for (const name of Object.keys(value)) {
    const said = value[name];
    if (said === undefined) continue;
    const at = path === '' ? name : `${path}.${name}`;
    const option = Object.hasOwn(members, name) ? members[name] : undefined;
    if (option) problems.push(...option.kind.problems(said, at));
    else problems.push(unknownOption(name, at, members));
  }
  return problems;
}

/** `no such option`, with what may have been meant: the same name one level down, or a like name here. */
export function unknownOption(name: string, path: string, members: OptionGroup): string {
  const names = Object.keys(members);
  const below = names.filter((group) => Object.hasOwn(members[group]?.kind.members ?? {}, name));
  const deeper = below.find((group) => members[group]?.kind.isByName !== true) ?? below[0];
  const step = deeper !== undefined && members[deeper]?.kind.isByName ? '.<name>' : '';
  const meant = deeper === undefined ? closest(name, names) : `${deeper}${step}.${name}`;
  return meant === undefined
    ? `${path}: there is no such option. Known here: ${names.join(', ')}.`
    : `${path}: there is no such option. Did you mean '${meant}'?`;
}

/** A kind with one way to be wrong. */
export function kindOf<Resolved>(
  accepts: string,
  accepted: (value: unknown) => boolean,
  resolve: (value: unknown) => Resolved,
  hint: (value: unknown) => string = () => '',
): Kind<Resolved> {
  return {
    accepts,
    problems: (value, path) =>
      accepted(value) ? [] : [`${path}: ${shown(value)} is not ${accepts}.${hint(value)}`],
    resolve,
  };
}

const SHOWN_CHARACTERS = 60;

/** A value in a message: short, without credentials, and never the contents of an object. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return String(value);
  const text = redactUrls(value);
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
