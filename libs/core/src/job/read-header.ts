/** Reads values of headers that arrived, from whatever program; each problem names the header. */

/** Says what is wrong with a message that arrived. */
export class Unreadable extends Error {}

/** A whole number of at least `least`; strings of digits count, because other languages write them. @throws Unreadable */
export function integer(
  headers: Readonly<Record<string, unknown>>,
  name: string,
  least: number,
): number | undefined {
  const value = headers[name];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < least) {
    throw new Unreadable(
      `header ${name} must be a whole number of at least ${least}, not ${shortly(value)}.`,
    );
  }
  return number;
}

/** @throws Unreadable */
export function text(headers: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw new Unreadable(`header ${name} must be text, not ${shortly(value)}.`);
}

/** What `read` makes of a header that holds JSON. @throws Unreadable */
export function parsed<T>(
  headers: Readonly<Record<string, unknown>>,
  name: string,
  read: (value: unknown) => T | undefined,
): T | undefined {
  const json = text(headers, name);
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
export function shortly(value: unknown, characters = 80): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, characters);
}

/** About as many bytes as these headers need on the wire. */
export function sizeOf(headers: Readonly<Record<string, unknown>>): number {
  let bytes = 0;
  for (const name in headers) {
    const value = headers[name];
    bytes +=
      name.length + (typeof value === 'string' ? Buffer.byteLength(value) : shortly(value, Infinity).length);
  }
  return bytes;
}
