import { runInNewContext } from 'node:vm';
import { isPlainlyJson, requireJson } from './json-safe.js';

/** As the codec calls them. */
function check(payload: unknown): void {
  if (!isPlainlyJson(payload)) requireJson(payload);
}

function refusal(payload: unknown): string {
  try {
    check(payload);
  } catch (error) {
    return (error as Error).message.replace('JSON cannot carry the payload: ', '');
  }
  return 'accepted';
}

class Money {
  constructor(
    readonly amount: number,
    readonly currency = 'EUR',
  ) {}
  double(): number {
    return this.amount * 2;
  }
}

class Decimal {
  constructor(private readonly text: string) {}
  toJSON(): string {
    return this.text;
  }
}

/** As query builders are. */
class Query {
  readonly table = 'users';
  then(): void {}
}

/** Shows its data by methods and getters alone. */
class Hidden {
  readonly #amount = 5;
  get amount(): number {
    return this.#amount;
  }
}

class Sealed {
  readonly #amount = 5;
  double(): number {
    return this.#amount * 2;
  }
}

class Command {
  declare readonly id: string;
}

function withCycle(): unknown {
  const order: Record<string, unknown> = { id: 1 };
  order['items'] = [{ order }];
  return order;
}

function nested(depth: number, inner: unknown): unknown {
  let value = inner;
  for (let level = 0; level < depth; level += 1) value = { a: value };
  return value;
}

describe('a payload that JSON carries', () => {
  const shared = { a: 1 };

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['values', [0, -1.5, '', true, null]],
    ['plain objects', { a: { b: [{ c: 1 }] } }],
    ['an object without prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['an empty object', {}],
    ['an instance with methods', new Money(5)],
    ['an instance without fields', new (class Empty {})()],
    ['an instance without fields of a class below another', new (class Ping extends Command {})()],
    ['an instance that shows some of its fields', Object.assign(new Hidden(), { currency: 'EUR' })],
    ['an object of another realm', runInNewContext('({ a: {} })')],
    ['an object made upon an empty one', Object.create({}) as unknown],
    ['a Date', { at: new Date(0), list: [new Date(1)] }],
    ['something with toJSON', { price: new Decimal('1.10'), at: new globalThis.URL('http://a.example') }],
    ['some properties unsaid', { a: 1, b: undefined }],
    ['the same object twice', { one: shared, two: shared, list: [shared, shared] }],
    [
      'the same object twice beside a toJSON',
      { one: shared, price: new Decimal('1'), list: [shared, shared] },
    ],
    ['deep nesting', nested(500, { money: new Money(1) })],
    ['a boxed value', { text: Object('x') as unknown, count: Object(5) as unknown }],
    [
      'getters',
      {
        get a() {
          return 1;
        },
      },
    ],
    ['a property named then that is a value', { then: 'later' }],
    ['a proxy', new Proxy({ a: [1] }, {})],
  ])('is accepted: %s', (_what, payload) => {
    expect(refusal(payload)).toBe('accepted');
  });
});

describe('a payload that JSON cannot carry', () => {
  it.each([
    [
      'a BigInt',
      { items: [1, 2, 3, { price: 5n }] },
      /^payload\.items\[3\]\.price is a BigInt\..*String\(value\)/,
    ],
    ['a BigInt alone', 5n, /^payload is a BigInt/],
    ['a boxed BigInt', [Object(5n)], /^payload\[0\] is a BigInt/],
    ['a cycle', withCycle(), /^payload\.items\[0\]\.order refers back .*Remove the cycle/],
    ['a function', { a: { run: () => 1 } }, /^payload\.a\.run is a function, which JSON drops/],
    ['a class', { type: Money }, /^payload\.type is a function/],
    ['a function alone', () => 1, /^payload is a function/],
    ['a symbol', { a: Symbol('x') }, /^payload\.a is a symbol/],
    ['NaN', { price: Number.NaN }, /^payload\.price is NaN, which JSON turns into null/],
    ['Infinity', [-Infinity], /^payload\[0\] is -Infinity/],
    [
      'a Map',
      { rows: new Map([['a', 1]]) },
      /^payload\.rows is a Map, which becomes \{\}.*Object\.fromEntries/,
    ],
    [
      'private fields behind a getter',
      { price: new Hidden() },
      /^payload\.price is a Hidden without any property/,
    ],
    ['private fields behind a method', new Sealed(), /^payload is a Sealed .*becomes \{\}.*toJSON\(\)/],
    ['private fields of the class above', new (class Price extends Sealed {})(), /^payload is a Price /],
    [
      'properties that are not enumerable',
      Object.defineProperty(new Command(), 'id', { value: 1 }),
      /^payload is a Command without any property/,
    ],
    ['a Map alone', new Map(), /^payload is a Map/],
    ['a Set', { tags: new Set(['a']) }, /^payload\.tags is a Set.*\[\.\.\.set\]/],
    ['a WeakMap', { a: new WeakMap() }, /^payload\.a is a weak collection/],
    ['a promise', { user: Promise.resolve(1) }, /^payload\.user is a promise.*Await it first/],
    ['a query that waits to be awaited', { user: { then: () => 1 } }, /^payload\.user is a promise/],
    ['an instance that waits to be awaited', { user: new Query() }, /^payload\.user is a promise/],
    ['an Error', { error: new TypeError('x') }, /^payload\.error is an Error.*Send its message/],
    ['a RegExp', { pattern: /x/ }, /^payload\.pattern is a RegExp/],
    [
      'a generator',
      {
        a: (function* () {
          yield 1;
        })(),
      },
      /^payload\.a is a generator/,
    ],
    ['a Buffer', { file: Buffer.from('x') }, /^payload\.file is bytes.*base64/],
    ['a typed array', { file: Uint8Array.of(1) }, /^payload\.file is bytes/],
    ['an ArrayBuffer', { file: new ArrayBuffer(3) }, /^payload\.file is bytes/],
    ['an invalid Date', { at: new Date('x') }, /^payload\.at is an invalid Date/],
    [
      'only unsaid properties',
      { user: { id: undefined, name: undefined } },
      /^payload\.user has only properties that are undefined \(id, name\)/,
    ],
    [
      'only unsaid properties at the top',
      { id: undefined },
      /^payload has only properties that are undefined \(id\)/,
    ],
    ['undefined in a list', { ids: [1, undefined] }, /^payload\.ids\[1\] is undefined in a list/],
    ['a hole in a list', { ids: new Array(2) }, /^payload\.ids\[0\] is undefined in a list/],
    ['a name that is no word', { 'a b': { 'c"d': 5n } }, /^payload\["a b"\]\["c\\"d"\] is a BigInt/],
    ['what toJSON returns', { a: { toJSON: () => ({ b: 5n }) } }, /^payload\.a\.b is a BigInt/],
    [
      'a Map inside an instance',
      { price: Object.assign(new Money(1), { log: new Map() }) },
      /^payload\.price\.log is a Map/,
    ],
    ['something deep', nested(100, 5n), /^payload(\.a){20}… is a BigInt/],
    [
      'a getter that throws',
      {
        a: {
          get b(): never {
            throw new Error('no db');
          },
        },
      },
      /^payload\.a\.b cannot be read: no db/,
    ],
    [
      'a toJSON that throws',
      {
        a: {
          toJSON: () => {
            throw new Error('no');
          },
        },
      },
      /^payload\.a cannot be read: no/,
    ],
  ])('is refused with path and cure: %s', (_what, payload, message) => {
    expect(refusal(payload)).toMatch(message);
  });

  it('makes a coded error with the path in its details', () => {
    expect(() => check({ a: [5n] })).toThrow(
      expect.objectContaining({ code: 'WARREN_PAYLOAD_NOT_JSON', details: { path: 'payload.a[0]' } }),
    );
  });

  it('follows a BigInt that the application taught to be JSON', () => {
    const prototype = BigInt.prototype as { toJSON?: () => string };
    prototype.toJSON = function (this: bigint) {
      return this.toString();
    };
    try {
      expect(refusal({ id: 5n })).toBe('accepted');
    } finally {
      delete prototype.toJSON;
    }
  });
});
