import { describeError } from './describe.js';
import { WarrenError } from './error.js';

const cyclic: Record<string, unknown> = { name: 'loop' };
cyclic['self'] = cyclic;

const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('get');
    },
    has: () => {
      throw new Error('has');
    },
    ownKeys: () => {
      throw new Error('ownKeys');
    },
  },
);

describe('describing what was thrown', () => {
  it('keeps name, message, code and the first frames of an error', () => {
    const error = Object.assign(new TypeError('no such host'), { code: 'ENOTFOUND' });
    const described = describeError(error);
    expect(described).toMatchObject({ name: 'TypeError', message: 'no such host', code: 'ENOTFOUND' });
    expect(described.stack?.split('\n').length).toBeLessThanOrEqual(6);
    for (const line of described.stack?.split('\n') ?? []) expect(line).toMatch(/^at /);
  });

  it.each([
    [null, 'thrown: null'],
    [undefined, 'thrown: undefined'],
    ['just text', 'thrown: just text'],
    ['', 'thrown: '],
    [42, 'thrown: 42'],
    [10n, 'thrown: 10'],
    [Symbol('s'), 'thrown: Symbol(s)'],
    [{ a: 1 }, 'thrown: {"a":1}'],
    [cyclic, 'thrown: [object Object]'],
    [Object.create(null), 'thrown: {}'],
  ])('survives %p', (thrown, message) => {
    expect(describeError(thrown)).toEqual({ name: 'NonError', message });
  });

  it('survives getters and proxies that throw', () => {
    const trap = Object.defineProperty({}, 'message', {
      get: () => {
        throw new Error('not even this');
      },
    });
    for (const thrown of [hostile, trap, { message: { toString: () => hostile } }]) {
      expect(describeError(thrown)).toEqual({
        name: 'NonError',
        message: 'thrown: something that cannot be described',
      });
    }
  });

  it('describes what looks like an error as one', () => {
    expect(describeError({ message: 'from elsewhere' })).toEqual({
      name: 'Error',
      message: 'from elsewhere',
    });
    expect(describeError(new WarrenError('WARREN_TIMEOUT', 'too long'))).toMatchObject({
      name: 'WarrenError',
      code: 'WARREN_TIMEOUT',
    });
  });

  it('cuts what is long', () => {
    const error = new Error('x'.repeat(50_000));
    error.name = 'N'.repeat(5_000);
    error.stack = `Error: x\n${`    at ${'f'.repeat(5_000)} (file.js:1:1)\n`.repeat(500)}`;
    const { name, message, stack } = describeError(error);
    expect([name.length, message.length]).toEqual([200, 1_000]);
    expect(stack?.length).toBeLessThanOrEqual(6 * 201);
  });

  it('keeps a message of several lines out of the frames', () => {
    expect(describeError(new Error('first\n  second line\n  at most three')).stack).not.toContain('second');
  });

  it('shows no credentials, not even where the cut goes through a URL', () => {
    const url = 'amqp://user:secret@broker:5672/shop';
    expect(describeError(new Error(`cannot reach ${url}`)).message).toBe(
      'cannot reach amqp://***@broker:5672/shop',
    );
    for (let before = 960; before < 1_010; before += 1) {
      const { message } = describeError(new Error(`${'-'.repeat(before)} ${url} and more`));
      expect(message).not.toMatch(/user|sec/);
    }
    expect(describeError(`text with ${url}`).message).not.toContain('secret');
    expect(describeError({ url }).message).not.toContain('secret');
  });
});
