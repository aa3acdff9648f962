/** Reads values of headers that arrived, from whatever program; each problem names the header. */

/** Says what is wrong with a message that arrived. */
export class Unreadable extends Error {}

/** The last instant that a Date can hold, in epoch milliseconds. */
export const LAST_INSTANT = 8.64e15;

/** Longer texts of Warren's own are none that it wrote. */
const MOST_TEXT_BYTES = 8 * 1024;

/** Tables and lists within each other. Nobody needs more, and each level costs stack wherever it is looked at. */
const DEEPEST_HEADER = 32;

/**
 * Only what is the message's own: a table under the name `__proto__` has become the prototype of what it was decoded
 * into, and must not be read as if it were headers.
 */
export function ownHeaders(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(headers);
  return prototype === Object.prototype || prototype === null ? headers : { ...headers };
}

/**
 * A whole number from `least` to `most`; strings of digits count, because other languages write them.
 * @throws Unreadable
 */
export function integer(
  headers: Readonly<Record<string, unknown>>,
  name: string,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const value = headers[name];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < least || number > most) {
    const range = typeof number === 'number' && number > most ? `at most ${most}` : `at least ${least}`;
    throw new Unreadable(`header ${name} must be a whole number of ${range}, not ${shortly(value)}.`);
  }
  return number;
}

/** @throws Unreadable also when it has more than `mostBytes`. */
export function text(
  headers: Readonly<Record<string, unknown>>,
  name: string,
  mostBytes: number = MOST_TEXT_BYTES,
): string | undefined {
  const value = headers[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new Unreadable(`header ${name} must be text, not ${shortly(value)}.`);
  // No unit of a text has more than three bytes: only the long ones are measured.
  const bytes = value.length * 3 > mostBytes ? Buffer.byteLength(value) : 0;
  if (bytes > mostBytes) throw new Unreadable(`header ${name} has ${bytes} bytes; at most ${mostBytes}.`);
  return value;
}

/** What `read` makes of a header that holds JSON. @throws Unreadable */
export function parsed<T>(
  headers: Readonly<Record<string, unknown>>,
  name: string,
  read: (value: unknown) => T | undefined,
  mostBytes?: number,
): T | undefined {
  const json = text(headers, name, mostBytes);
  if (json === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Unreadable(`header ${name} is no JSON.`);
  }
  const result = read(value);
  if (result === undefined) throw new Unreadable(`header ${name} has the wrong form: ${shortly(value)}.`);
  return result;
}

/** A foreign value in a message. */
export function shortly(value: unknown): string {
  return jsonOf(value).slice(0, SHOWN_CHARACTERS);
}

const SHOWN_CHARACTERS = 80;

function jsonOf(value: unknown): string {
  // Of a long text, only what will be shown is worth quoting.
  if (typeof value === 'string') return JSON.stringify(value.slice(0, SHOWN_CHARACTERS));
  // JSON makes null of NaN and of the infinite ones.
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'something that cannot be shown';
  }
}

/** Bytes that these headers need on the wire at most: type and lengths count, as many small ones are large together. @throws Unreadable */
export function sizeOf(headers: Readonly<Record<string, unknown>>): number {
  return tableBytes(headers, 0);
}

function tableBytes(table: Readonly<Record<string, unknown>>, depth: number): number {
  let bytes = 0;
  for (const name in table) bytes += 1 + Buffer.byteLength(name) + valueBytes(table[name], depth);
  return bytes;
}

/** With the byte that says the type. */
function valueBytes(value: unknown, depth: number): number {
  if (typeof value === 'string') return 5 + Buffer.byteLength(value);
  if (typeof value !== 'object') return 9;
  if (value === null) return 1;
  if (ArrayBuffer.isView(value)) return 5 + value.byteLength;
  if (depth >= DEEPEST_HEADER) {
    throw new Unreadable(`one of its own headers is nested more than ${DEEPEST_HEADER} deep.`);
  }
  if (!Array.isArray(value)) return 5 + tableBytes(value as Readonly<Record<string, unknown>>, depth + 1);
  let bytes = 5;
  for (const item of value) bytes += valueBytes(item, depth + 1);
  return bytes;
}
