import { custom, fixed } from '../kernel/backoff.js';
import { isWarrenError, type ConfigurationError } from '../kernel/errors/index.js';
import { resolveEnqueueOptions } from './enqueue.js';
import { requireHeaders } from './headers.js';

const NOW = 1_767_225_600_000;
const resolve = (options: unknown) => resolveEnqueueOptions(options as never, NOW);

function problemsOf(options: unknown): readonly string[] {
  try {
    resolve(options);
  } catch (error) {
    if (isWarrenError(error, 'WARREN_CONFIGURATION')) return (error as ConfigurationError).problems;
    throw error;
  }
  return [];
}

describe('options of an enqueue', () => {
  it('that are none leave everything to the handler, and cost nothing', () => {
    const nothing = {
      queue: undefined,
      notBefore: undefined,
      deadlineAt: undefined,
      own: {},
      priority: undefined,
      headers: undefined,
      correlationId: undefined,
      id: undefined,
      tags: [],
    };
    expect(resolve(undefined)).toEqual(nothing);
    expect(resolve({})).toEqual(nothing);
    expect(resolve({ delay: undefined, attempts: undefined })).toEqual(nothing);
    expect(resolve(undefined)).toBe(resolve(undefined));
    expect(resolve({}).own).toBe(resolve({ id: 'x' }).own);
  });

  it('become instants and milliseconds', () => {
    const backoff = fixed('5s');
    expect(
      resolve({
        delay: '5m',
        deadline: '1h',
        attempts: 3,
        timeout: '30s',
        ttl: 1_000,
        backoff,
        priority: 'high',
        headers: { tenant: 'blue', retry: 0, flag: false },
        correlationId: 'c',
        id: 'id-1',
        queue: 'slow',
      }),
    ).toEqual({
      notBefore: NOW + 300_000,
      deadlineAt: NOW + 3_600_000,
      own: { maxAttempts: 3, timeoutMs: 30_000, ttlMs: 1_000, backoff },
      priority: 'high',
      headers: { tenant: 'blue', retry: 0, flag: false },
      correlationId: 'c',
      tags: [],
      id: 'id-1',
      queue: 'slow',
    });
  });

  it('keep instants whole, because they travel as whole numbers', () => {
    expect(resolve({ delay: 0.7 }).notBefore).toBe(NOW + 1);
    expect(resolve({ deadline: '1.0004s' }).deadlineAt).toBe(NOW + 1_000);
  });

  it('take Dates for instants, and the past for now', () => {
    expect(resolve({ runAt: new Date(NOW + 5) }).notBefore).toBe(NOW + 5);
    expect(resolve({ runAt: new Date(NOW - 5) }).notBefore).toBeUndefined();
    expect(resolve({ delay: 0 }).notBefore).toBeUndefined();
    expect(resolve({ deadline: new Date(NOW + 7) }).deadlineAt).toBe(NOW + 7);
  });

  it.each([
    [
      'delay and runAt together',
      { delay: '5m', runAt: new Date(NOW) },
      /^enqueue option delay: it excludes runAt/,
    ],
    [
      'a deadline before the start',
      { delay: '2h', deadline: '1h' },
      /option deadline: it ends before the earliest/,
    ],
    ['a delay that is none', { delay: 'soon' }, /^enqueue option delay: "soon" is not a duration/],
    ['a negative delay', { delay: -1 }, /option delay: -1 is not a duration/],
    ['runAt that is no Date', { runAt: '2026-01-01' }, /option runAt: "2026-01-01" is not a valid Date/],
    ['an invalid Date', { runAt: new Date('x') }, /option runAt: an invalid Date is not a valid Date/],
    [
      'a deadline that is none',
      { deadline: 'later' },
      /option deadline: "later" is not a Date, or a duration/,
    ],
    ['a timeout of 0', { timeout: 0 }, /option timeout: 0 is not a duration .*at least 1ms/],
    ['a timeout that rounds to 0', { timeout: 0.2 }, /option timeout: 0\.2/],
    ['no timeout at all', { timeout: false }, /option timeout: false/],
    ['attempts as text', { attempts: '3' }, /option attempts: "3" .* It is text/],
    ['a custom backoff', { backoff: custom(() => 1) }, /cannot travel with a job\. Put it on the handler/],
    ['a backoff that is none', { backoff: '5s' }, /option backoff: "5s" is not a backoff/],
    [
      'a priority out of range',
      { priority: 10 },
      /option priority: 10 is not 'high', 'normal', 'low' or a whole number from 0 to 9/,
    ],
    ['an empty id', { id: '' }, /option id: "" is not text of 1 to 255 bytes/],
    ['an id that is too long', { id: '€'.repeat(86) }, /option id: .* is not text of 1 to 255 bytes/],
    ['a correlation id that is too long', { correlationId: 'x'.repeat(256) }, /option correlationId: /],
    ['a queue that is no name', { queue: 'a:b' }, /option queue: "a:b" is not a queue name/],
    ['an unknown name', { dealy: 5 }, /option dealy: there is no such option\. Did you mean 'delay'\?/],
    ['null in place of options', null, /enqueue options: null is not an object of options/],
    ['a list in place of options', [], /enqueue options: a list/],
  ])('are refused: %s', (_what, options, problem) => {
    expect(problemsOf(options)).toEqual([expect.stringMatching(problem)]);
  });

  it('are all told in one error', () => {
    expect(problemsOf({ delay: 'x', attempts: 0, headers: { 'x-a': 1 }, idd: 1 })).toHaveLength(4);
  });

  it('accept an id of 255 bytes', () => {
    expect(resolve({ id: '€'.repeat(85) }).id).toHaveLength(85);
  });
});

describe('headers of a job', () => {
  it.each([
    [
      'warren-v',
      1,
      /^enqueue option headers\.warren-v: names that begin with 'warren-' or 'x-' are reserved/,
    ],
    ['x-death', 'a', /headers\.x-death: names that begin/],
    ['CC', 'other', /headers\.CC: RabbitMQ would route copies/],
    ['BCC', 'other', /headers\.BCC: RabbitMQ/],
    ['', 'a', /headers\.: a name has 1 to 255 bytes/],
    ['n'.repeat(256), 'a', /a name has 1 to 255 bytes/],
    ['nothing', null, /headers\.nothing: null is not text, a finite number or a boolean/],
    ['notSaid', undefined, /headers\.notSaid: undefined is not text/],
    ['list', ['a'], /headers\.list: a list is not text/],
    ['object', { a: 1 }, /headers\.object: an object is not text/],
    ['number', Number.NaN, /headers\.number: NaN is not text, a finite number/],
    ['big', 5n, /headers\.big: 5 is not text/],
  ])('are refused: %s', (name, value, problem) => {
    expect(problemsOf({ headers: { [name]: value } })).toEqual([expect.stringMatching(problem)]);
  });

  it('have 16 KiB together at most', () => {
    expect(problemsOf({ headers: { a: '€'.repeat(5_450) } })).toEqual([]);
    expect(problemsOf({ headers: { a: '€'.repeat(5_460) } })).toEqual([
      expect.stringMatching(/^enqueue option headers: they have 16387 bytes together; at most 16384 fit/),
    ]);
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`h${index}`, true]));
    expect(problemsOf({ headers: many })).toEqual([expect.stringMatching(/bytes together/)]);
  });

  it('may have capital letters where RabbitMQ does not look', () => {
    expect(problemsOf({ headers: { 'X-Request-Id': 'r', cc: 'c', traceparent: '00-x' } })).toEqual([]);
  });

  it('of middleware are held to the same rules', () => {
    expect(() => requireHeaders({ tenant: 'blue' }, 'middleware')).not.toThrow();
    expect(() => requireHeaders({ 'warren-v': 5 }, "enqueue('a:b') middleware")).toThrow(
      /^enqueue\('a:b'\) middleware: headers\.warren-v: names that begin/,
    );
  });
});
