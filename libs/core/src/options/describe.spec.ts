import { checkGroup, optional, shown, withDefault, type OptionGroup } from './describe.js';
import { byQueue, durationBetween, durationOrFalse, group, oneOf, wholeNumber, yesOrNo } from './kinds.js';

const INNER = { depth: withDefault(wholeNumber(1, 9), 'How deep.', 3) };
const GROUP: OptionGroup = {
  isLoud: withDefault(yesOrNo, 'Whether it is loud.', false),
  count: withDefault(wholeNumber(1, 10), 'How many.', 5),
  wait: withDefault(durationBetween(1_000, 60_000), 'How long.', '30s'),
  limit: withDefault(durationOrFalse(1), 'The end.', false),
  mode: optional(oneOf('fast', 'safe'), 'How.', 'neither'),
  inner: optional(group(INNER), 'More.', 'none'),
  queues: optional(byQueue(INNER), 'By queue.', 'none'),
};

describe('checking options', () => {
  it('finds nothing wrong with what is right or not said', () => {
    expect(checkGroup(GROUP, {})).toEqual([]);
    expect(
      checkGroup(GROUP, {
        isLoud: true,
        count: 10,
        wait: '1m',
        limit: false,
        mode: 'safe',
        inner: { depth: 9 },
        queues: { 'a.b': { depth: 1 }, c: undefined },
      }),
    ).toEqual([]);
    expect(checkGroup(GROUP, { isLoud: undefined, count: undefined, inner: { depth: undefined } })).toEqual(
      [],
    );
  });

  it('tells all problems at once, each with its place', () => {
    const problems = checkGroup(GROUP, {
      isLoud: 'false',
      count: '5',
      wait: '2m',
      limit: -1,
      mode: 'quick',
      inner: { depth: 0 },
      queues: { 'a b': { depth: 1.5 } },
    });
    expect(problems).toEqual([
      expect.stringMatching(/^isLoud: "false" is not true or false\. It is text;/),
      expect.stringMatching(/^count: "5" is not a whole number from 1 to 10\. It is text; give the number/),
      expect.stringMatching(/^wait: "2m" is not a duration .* of at least 1s and at most 1m\.$/),
      expect.stringMatching(/^limit: -1 is not a duration .*, or false for none\.$/),
      "mode: \"quick\" is not 'fast' or 'safe'.",
      'inner.depth: 0 is not a whole number from 1 to 9.',
      expect.stringMatching(/^queues: "a b" is not a queue name/),
      'queues.a b.depth: 1.5 is not a whole number from 1 to 9.',
    ]);
  });

  it.each([0, 1, null, 'true', 'yes', []])('coerces nothing to a boolean: %j', (value) => {
    expect(checkGroup(GROUP, { isLoud: value })).toHaveLength(1);
  });

  it.each([null, '', true, Number.NaN, Infinity, 2 ** 53, 5n, [5], { valueOf: () => 5 }])(
    'coerces nothing to a number: %p',
    (value) => {
      expect(checkGroup(GROUP, { count: value })).toHaveLength(1);
    },
  );

  it('suggests what was meant by an unknown name, here or one level down', () => {
    expect(checkGroup(GROUP, { cuont: 5 })).toEqual([
      "cuont: there is no such option. Did you mean 'count'?",
    ]);
    expect(checkGroup(GROUP, { depth: 5 })).toEqual([
      "depth: there is no such option. Did you mean 'inner.depth'?",
    ]);
    expect(checkGroup(GROUP, { inner: { dpeth: 5 } })).toEqual([
      "inner.dpeth: there is no such option. Did you mean 'depth'?",
    ]);
    expect(checkGroup(GROUP, { somethingElse: 5 })).toEqual([
      'somethingElse: there is no such option. Known here: isLoud, count, wait, limit, mode, inner, queues.',
    ]);
  });

  it('takes names of the language for unknown options too', () => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      expect(checkGroup(GROUP, { [name]: 1 })).toHaveLength(1);
    }
    expect(checkGroup(GROUP, JSON.parse('{"__proto__": 1}'))).toHaveLength(1);
  });

  it.each([null, 5, 'text', [], () => ({})])('refuses %p in place of options', (value) => {
    expect(checkGroup(GROUP, value)).toEqual([
      expect.stringMatching(/^options: .* is not an object of options/),
    ]);
    expect(checkGroup(GROUP, { inner: value })).toEqual([expect.stringMatching(/^inner: /)]);
    expect(checkGroup(GROUP, { queues: { a: value } })).toEqual([expect.stringMatching(/^queues\.a: /)]);
  });
});

describe('resolving an option', () => {
  it('takes the default for what is not said, and only then', () => {
    expect(GROUP['wait']?.resolve(undefined)).toBe(30_000);
    expect(GROUP['wait']?.resolve('5s')).toBe(5_000);
    expect(GROUP['isLoud']?.resolve(false)).toBe(false);
    expect(GROUP['mode']?.resolve(undefined)).toBeUndefined();
  });

  it('takes false for never', () => {
    expect(withDefault(durationOrFalse(1), '', '15m').resolve(false)).toBeUndefined();
    expect(withDefault(durationOrFalse(1), '', '15m').resolve(undefined)).toBe(900_000);
  });
});

describe('a value in a message', () => {
  it('is short and shows neither credentials nor what an object holds', () => {
    expect(shown('amqp://user:secret@host')).toBe('"amqp://***@host"');
    expect(shown('x'.repeat(500)).length).toBeLessThan(70);
    expect(shown({ password: 'secret' })).toBe('an object');
    expect([shown(null), shown([1]), shown(() => 1), shown(5n), shown(new Date(Number.NaN))]).toEqual([
      'null',
      'a list',
      'a function',
      '5',
      'an invalid Date',
    ]);
  });
});
