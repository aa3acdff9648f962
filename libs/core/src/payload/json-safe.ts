import { types } from 'node:util';
import { WarrenError, describeError } from '../kernel/errors/index.js';
import { isThenable } from '../kernel/thenable.js';

/**
 * What JSON cannot carry. JSON.stringify refuses little and drops or bends the rest in silence: functions vanish, a
 * Map becomes {}, NaN becomes null. So each payload is looked through before: one quick walk that says "plainly
 * fine" or "suspicious", and, for the suspicious alone, a slow one that finds the place and the cure.
 */

/** Deeper ones go to the slow walk, which knows cycles. */
const PLAIN_DEPTH = 64;

/** True: every value travels as it is. False: look closer with `requireJson`. */
export function isPlainlyJson(payload: unknown): boolean {
  try {
    return payload === undefined || isPlain(payload, 0);
  } catch {
    // A getter or a proxy that throws; the slow walk says where.
    return false;
  }
}

function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || isPlainObject(value, depth);
    default:
      return false;
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if (depth >= PLAIN_DEPTH) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) {
    const list = value as readonly unknown[];
    for (let index = 0; index < list.length; index += 1) if (!isPlain(list[index], depth + 1)) return false;
    return !('toJSON' in value);
  }
  if (prototype === Date.prototype) return !Number.isNaN((value as Date).getTime());
  if ('toJSON' in value) return false;
  if (prototype !== Object.prototype && prototype !== null && !isInstanceOfOwnClass(value)) return false;
  const record = value as Readonly<Record<string, unknown>>;
  let unsaid = 0;
  const names = Object.keys(record);
  // What an own class shows nothing of may be private.
  if (names.length === 0 && prototype !== Object.prototype && prototype !== null) return false;
  for (const name of names) {
    const property = record[name];
    if (property === undefined) unsaid += 1;
    else if (!isPlain(property, depth + 1)) return false;
  }
  return unsaid === 0 || unsaid < names.length;
}

/** Maps, promises, errors and the like have tags of their own. */
function isInstanceOfOwnClass(value: object): boolean {
  return Object.prototype.toString.call(value) === '[object Object]' && !('then' in value);
}

/**
 * @throws WarrenError WARREN_PAYLOAD_NOT_JSON with the path, e.g. `payload.items[3].price`, and the cure.
 */
export function requireJson(payload: unknown, what = 'payload'): void {
  const path: PathPart[] = [];
  try {
    walk(payload, path, new Set());
  } catch (error) {
    if (error instanceof NotJson) throw notJson(what, path, `${error.message}`);
    if (error instanceof RangeError)
      throw notJson(what, path.slice(0, 3), 'is nested too deeply for JSON.', error);
    throw notJson(what, path, `cannot be read: ${describeError(error).message}`, error);
  }
}

type PathPart = string | number;

class NotJson extends Error {}

/** On an exception `path` stays where the walk was. */
function walk(given: unknown, path: PathPart[], ancestors: Set<object>): void {
  const value = asJsonSees(given, path);
  switch (typeof value) {
    case 'bigint':
      throw new NotJson('is a BigInt. Convert it to text: String(value).');
    case 'function':
      throw new NotJson('is a function, which JSON drops. Remove it.');
    case 'symbol':
      throw new NotJson('is a symbol, which JSON drops. Convert it to text or remove it.');
    case 'number':
      if (!Number.isFinite(value))
        throw new NotJson(`is ${value}, which JSON turns into null. Send null or text.`);
      return;
    case 'object':
      if (value !== null) walkObject(value, path, ancestors);
      return;
    default:
      return;
  }
}

/** JSON.stringify writes what `toJSON` returns. */
function asJsonSees(value: unknown, path: readonly PathPart[]): unknown {
  if ((typeof value !== 'object' && typeof value !== 'bigint') || value === null) return value;
  if (value instanceof Date && Number.isNaN(value.getTime())) {
    throw new NotJson('is an invalid Date, which JSON turns into null. Check how it was made.');
  }
  // Bytes have a toJSON of their own that makes a list of numbers in an object, which no handler expects.
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) {
    throw new NotJson("is bytes. Convert them to text: Buffer.from(value).toString('base64').");
  }
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON !== 'function') return value;
  return toJSON.call(value, String(path.at(-1) ?? '')) as unknown;
}

function walkObject(value: object, path: PathPart[], ancestors: Set<object>): void {
  if (ancestors.has(value)) throw new NotJson('refers back to an object that contains it. Remove the cycle.');
  ancestors.add(value);
  if (Array.isArray(value)) walkList(value, path, ancestors);
  else walkRecord(value, path, ancestors);
  ancestors.delete(value);
}

function walkList(list: readonly unknown[], path: PathPart[], ancestors: Set<object>): void {
  for (let index = 0; index < list.length; index += 1) {
    path.push(index);
    if (list[index] === undefined) {
      throw new NotJson('is undefined in a list, which JSON turns into null. Send null or leave it out.');
    }
    walk(list[index], path, ancestors);
    path.pop();
  }
}

function walkRecord(value: object, path: PathPart[], ancestors: Set<object>): void {
  const problem = lossOf(value);
  if (problem !== undefined) throw new NotJson(problem);
  const names = Object.keys(value);
  let unsaid = 0;
  for (const name of names) {
    path.push(name);
    const property = (value as Readonly<Record<string, unknown>>)[name];
    if (property === undefined) unsaid += 1;
    else walk(property, path, ancestors);
    path.pop();
  }
  if (unsaid > 0 && unsaid === names.length) {
    throw new NotJson(
      `has only properties that are undefined (${names.slice(0, 5).join(', ')}), which JSON drops. Check where they come from, or send {}.`,
    );
  }
}

/** Objects that JSON.stringify makes {} of, whatever they hold. */
function lossOf(value: object): string | undefined {
  if (types.isMap(value))
    return 'is a Map, which becomes {}. Convert it: Object.fromEntries(map) or [...map].';
  if (types.isSet(value)) return 'is a Set, which becomes {}. Convert it: [...set].';
  if (types.isPromise(value) || isThenable(value)) {
    return 'is a promise, which becomes {}. Await it first.';
  }
  if (types.isNativeError(value)) return 'is an Error, which becomes {}. Send its message.';
  if (types.isRegExp(value)) return 'is a RegExp, which becomes {}. Send its source.';
  if (types.isWeakMap(value) || types.isWeakSet(value))
    return 'is a weak collection, which becomes {}. Remove it.';
  if (types.isGeneratorObject(value)) return 'is a generator, which becomes {}. Convert it: [...value].';
  if (types.isBigIntObject(value)) return 'is a BigInt. Convert it to text: String(value).';
  if (types.isSymbolObject(value)) return 'is a symbol, which becomes {}. Remove it.';
  if (Object.keys(value).length === 0 && !types.isBoxedPrimitive(value) && hidesSomething(value)) {
    return `is ${articled(value)} without any property that JSON sees, so that it becomes {}: private fields and getters are dropped. Give the class a toJSON(), or send a plain object.`;
  }
  return undefined;
}

/**
 * Private fields cannot be seen from outside, but methods and getters that work on something can. A class without
 * either, such as an empty payload class, has nothing to lose.
 */
function hidesSomething(value: object): boolean {
  if (Reflect.ownKeys(value).length > 0) return true;
  let level: object | null = Object.getPrototypeOf(value) as object | null;
  while (level !== null) {
    const next = Object.getPrototypeOf(level) as object | null;
    // The last one is the Object.prototype of whatever realm.
    if (next !== null && Reflect.ownKeys(level).some((key) => key !== 'constructor')) return true;
    level = next;
  }
  return false;
}

function articled(value: object): string {
  const { constructor } = value as { readonly constructor?: { readonly name?: unknown } };
  const name = constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `a ${name}` : 'an object';
}

const PATH_PARTS = 20;

function notJson(what: string, path: readonly PathPart[], problem: string, cause?: unknown): WarrenError {
  const shown = path.slice(0, PATH_PARTS).map(textOf).join('');
  const place = `${what}${shown}${path.length > PATH_PARTS ? '…' : ''}`;
  return new WarrenError('WARREN_PAYLOAD_NOT_JSON', `JSON cannot carry the ${what}: ${place} ${problem}`, {
    ...(cause !== undefined && { cause }),
    details: { path: place },
  });
}

function textOf(part: PathPart): string {
  if (typeof part === 'number') return `[${part}]`;
  return /^[A-Za-z_$][\w$]*$/.test(part) ? `.${part}` : `[${JSON.stringify(part.slice(0, 60))}]`;
}
