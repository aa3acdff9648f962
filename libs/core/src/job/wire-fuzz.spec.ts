import fc from 'fast-check';
import { withDeath, withNextAttempt, withRequeue, type Envelope } from './envelope.js';
import type { Message } from './message.js';
import {
  bodyOf,
  readMessage,
  toMessage,
  toRejectedMessage,
  withoutRejection,
  type ReadMessage,
} from './wire.js';

/** The same messages at each run: a failure found once is found again. */
const SEED = 20_260_101;
const RUNS = { seed: SEED, numRuns: 300 };
const NOW = 1_767_225_600_000;

/** An error of 1,000 characters at most is what a dead letter shows of its problem. */
const LONGEST_PROBLEM = 1_000;
/** Of a value that is wrong, never more than a glimpse is shown. */
const LONGEST_QUOTE = 100;

const NAMES = [
  'v',
  'attempt',
  'max-attempts',
  'enqueued-at',
  'not-before',
  'deadline',
  'timeout',
  'ttl',
  'backoff',
  'unique',
  'generation',
  'token',
  'parent',
  'root',
  'error',
  'history',
  'reason',
  'failed-at',
  'queue',
].map((name) => `warren-${name}`);

/** Names that objects have anyway, and one that changes what it is assigned to. */
const TRAPS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'];

const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, 1, -1, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 2 ** 63, 8.64e15, 8.64e15 + 1, NOW),
  fc.constantFrom(NaN, Infinity, -Infinity),
);

const scalar = fc.oneof(
  number,
  fc.string({ unit: 'binary', maxLength: 300 }),
  number.map(String),
  fc.json(),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  fc.record({ '!': fc.constantFrom('timestamp', 'float', 'long', 'decimal', 'nonsense'), value: number }),
);

/** Every kind that AMQP knows, in the form in which amqplib hands it on. */
const { header } = fc.letrec((tie) => ({
  header: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('header'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom(...TRAPS)), tie('header'), { maxKeys: 4 }),
  ),
}));

const backoff = fc.record(
  {
    kind: fc.constantFrom('fixed', 'linear', 'exponential', 'custom'),
    jitter: fc.constantFrom('half', 'full', 'none', 'some'),
    fromMs: number,
    toMs: number,
    steps: number,
    factor: number,
    delayMs: number,
  },
  { requiredKeys: ['kind', 'jitter'] },
);

const record = fc.record(
  {
    number,
    startedAt: fc.nat(),
    endedAt: fc.nat(),
    worker: fc.string(),
    error: fc.record(
      { name: fc.string(), message: fc.string(), stack: fc.jsonValue(), code: fc.jsonValue() },
      { requiredKeys: ['name', 'message'] },
    ),
    more: fc.jsonValue(),
  },
  { requiredKeys: ['number', 'startedAt', 'endedAt', 'worker', 'error'] },
);

/** JSON may write numbers that become infinite. */
const endless = (json: string): string => json.replace(/:1,/, ':1e999,');

const ownValue = fc.oneof(
  header,
  { arbitrary: fc.nat(), weight: 3 },
  {
    arbitrary: fc.oneof(backoff, fc.array(record)).map((value) => endless(JSON.stringify(value))),
    weight: 2,
  },
  fc.constantFrom('exhausted', 'rejected', 'poison', 'whatever'),
);

const name = fc.oneof(
  { arbitrary: fc.constantFrom(...NAMES), weight: 4 },
  fc.constantFrom(...TRAPS, 'x-death', 'CC', 'x-opt-a', 'tenant'),
  fc.string({ maxLength: 40 }),
);

/** Own properties also where an assignment would not make one. */
const headers = fc
  .array(fc.tuple(name, ownValue), { maxLength: 8 })
  .map((entries) => Object.fromEntries(entries) as Record<string, unknown>);

const type = fc.oneof(
  { arbitrary: fc.constantFrom('mail:send', 'a', 'a:b:c'), weight: 6 },
  fc.string(),
  fc.constantFrom('', ':', 'a::b', '__proto__', 'x'.repeat(10_000), 'a:'.repeat(5_000)),
);

const message: fc.Arbitrary<Message> = fc.record(
  {
    body: fc.uint8Array({ maxLength: 20 }),
    contentType: fc.string(),
    contentEncoding: fc.string(),
    messageId: fc.string(),
    type,
    appId: fc.string(),
    correlationId: fc.string(),
    timestamp: number,
    priority: fc.nat({ max: 255 }),
    headers,
  },
  { requiredKeys: ['body', 'headers'] },
);

/** Most of them are jobs: what is read has to be written again. */
const plausible: fc.Arbitrary<Message> = fc.record(
  {
    body: fc.uint8Array({ maxLength: 20 }),
    messageId: fc.string(),
    type: fc.constantFrom('mail:send', '__proto__', 'constructor:toString'),
    timestamp: number,
    headers: fc
      .record(
        {
          'warren-attempt': fc.integer({ min: 1, max: 2 ** 31 - 1 }),
          'warren-generation': fc.constantFrom(1, '7', 2 ** 31 - 1),
          'warren-max-attempts': fc.constantFrom(1, Number.MAX_SAFE_INTEGER),
          'warren-enqueued-at': fc.constantFrom(0, NOW, 8.64e15),
          'warren-not-before': fc.constantFrom(0, `${NOW}`, 8.64e15),
          'warren-deadline': fc.constantFrom(0, NOW, 8.64e15),
          'warren-timeout': fc.constantFrom(1, Number.MAX_SAFE_INTEGER),
          'warren-ttl': fc.nat(),
          'warren-backoff': backoff.map((value) => endless(JSON.stringify(value))),
          'warren-history': fc.array(record).map((value) => endless(JSON.stringify(value))),
          'warren-unique': fc.string({ unit: 'binary' }),
          'warren-token': fc.string(),
          'warren-parent': fc.string(),
          'warren-root': fc.string({ unit: 'binary', maxLength: 300 }),
          'warren-reason': fc.constantFrom('exhausted', 'terminated', 'none'),
          'warren-failed-at': fc.constantFrom(0, NOW, 8.64e15),
          'warren-error': fc.oneof(fc.string(), fc.constant('é€😀'.repeat(3_000))),
          tenant: header,
        },
        { requiredKeys: [] },
      )
      .chain((own) => headers.map((more) => ({ ...withoutOurs(more), ...own }))),
  },
  { requiredKeys: ['body', 'type', 'headers'] },
);

function withoutOurs(given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([each]) => !each.startsWith('warren-')));
}

function read(given: Message): ReadMessage {
  return readMessage(given, 'mail', NOW, () => 'made-here');
}

function envelopeOf(given: Message): Envelope {
  const result = read(given);
  if (!result.ok) throw new Error(`not readable: ${result.problem}`);
  return result.envelope;
}

/** All that Object.prototype holds; a change of it would be everybody's. */
const GROUND = Reflect.ownKeys(Object.prototype);

function expectPlain(value: unknown): void {
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
}

afterEach(() => {
  expect(Reflect.ownKeys(Object.prototype)).toEqual(GROUND);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

describe('any message at all', () => {
  it('is a job or has a problem, said in a text that quotes little', () => {
    const found = { jobs: 0, problems: 0 };
    fc.assert(
      fc.property(message, (given) => {
        const result = read(given);
        if (result.ok) {
          found.jobs += 1;
          expectPlain(result.envelope);
          expectPlain(result.envelope.headers);
          return;
        }
        found.problems += 1;
        expect(result.problem).toMatch(/type|header/);
        expect(result.problem.length).toBeLessThanOrEqual(LONGEST_PROBLEM);
        expect(result.problem).not.toContain('Maximum call stack');
      }),
      RUNS,
    );
    expect(found.jobs).toBeGreaterThan(RUNS.numRuns / 6);
    expect(found.problems).toBeGreaterThan(RUNS.numRuns / 6);
  });

  it('is kept in the dead letters, and read there without an error', () => {
    fc.assert(
      fc.property(message, (given) => {
        const rejected = toRejectedMessage(given, 'mail', 'no job', NOW);
        expectPlain(rejected.headers);
        expect(rejected.headers).toMatchObject({ 'warren-reason': 'rejected', 'warren-error': 'no job' });
        expectPlain(withoutRejection(rejected).headers);
        read(rejected);
      }),
      RUNS,
    );
  });

  it('that was read is written and read again as the same, also as its next attempt or dead', () => {
    let jobs = 0;
    fc.assert(
      fc.property(plausible, (given) => {
        const result = read(given);
        if (!result.ok) return;
        jobs += 1;
        const { envelope } = result;
        const written = (each: Envelope): Message => toMessage(each, bodyOf(given));
        expect(envelopeOf(written(envelope))).toEqual(envelope);
        const { history } = envelope;
        const death = { reason: 'exhausted', failedAt: NOW, error: 'E: m' } as const;
        const next = withNextAttempt(envelope, { notBefore: NOW, history, token: 't' });
        const dead = withDeath(envelope, { death, history, token: 't' });
        const requeued = withRequeue(envelope, { now: NOW, token: 't' });
        expect(envelopeOf(written(next))).toMatchObject({ notBefore: NOW, token: 't', history });
        expect(envelopeOf(written(dead))).toMatchObject({ death, token: 't', history });
        expect(envelopeOf(written(requeued))).toMatchObject({ attempt: 1, enqueuedAt: NOW, history: [] });
        expect(() => new Date(envelope.enqueuedAt).toISOString()).not.toThrow();
      }),
      RUNS,
    );
    expect(jobs).toBeGreaterThan(RUNS.numRuns / 6);
  });

  it.each(NAMES)('shows no more than a glimpse of a wrong value in %s', (wrong) => {
    const secret = 'geheim-'.repeat(1_000);
    for (const value of [
      secret,
      { secret },
      [secret],
      Buffer.from(secret),
      `{"secret":"${secret}"}`,
      `["${secret}`,
    ]) {
      const result = read({ body: Buffer.from('1'), type: 'a', headers: { [wrong]: value } });
      if (!result.ok) expect(result.problem.split('geheim').length * 7).toBeLessThanOrEqual(LONGEST_QUOTE);
    }
  });
});

describe('headers that are made to hurt', () => {
  const jobWith = (given: Record<string, unknown>): Message => ({
    body: Buffer.from('1'),
    type: 'mail:send',
    messageId: 'm',
    headers: given,
  });

  function problemOf(given: Record<string, unknown>): string {
    const result = read(jobWith(given));
    return result.ok ? 'none' : result.problem;
  }

  function nested(depth: number): unknown {
    let value: unknown = 'x';
    for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { value };
    return value;
  }

  it('change no prototype, as a name of their own or as a table that became one', () => {
    const evil = JSON.parse('{"__proto__":{"polluted":1,"warren-attempt":9},"tenant":"blue"}') as object;
    const decoded: Record<string, unknown> = { tenant: 'blue' };
    Object.setPrototypeOf(decoded, { polluted: 1, 'warren-attempt': 9 });
    for (const given of [evil as Record<string, unknown>, decoded]) {
      const envelope = envelopeOf(jobWith(given));
      expect(envelope.attempt).toBe(1);
      expect(envelope.headers).toEqual({ tenant: 'blue' });
      expectPlain(envelope.headers);
      for (const kept of [
        toRejectedMessage(jobWith(given), 'mail', 'p', NOW),
        toMessage(envelope, bodyOf(jobWith({}))),
      ]) {
        expectPlain(kept.headers);
        expect(kept.headers['polluted']).toBeUndefined();
      }
    }
  });

  it('keep names that objects have anyway as what they are', () => {
    const given = { constructor: 'c', toString: 't', hasOwnProperty: 7, valueOf: null };
    expect(envelopeOf(jobWith(given)).headers).toEqual(given);
  });

  it.each([
    ['tables of their own, nested deep', { deep: nested(50_000) }, /nested more than 32 deep/],
    ['a Warren header nested deep', { 'warren-attempt': nested(50_000) }, /warren-attempt .*cannot be shown/],
    ['deep JSON in the history', { 'warren-history': deepJson(9_000) }, /^none$/],
    [
      'deep JSON as the history',
      { 'warren-history': `{"a":${deepJson(9_000)}}` },
      /warren-history .*wrong form/,
    ],
    [
      'a history that is too long',
      { 'warren-history': deepJson(50_000) },
      /warren-history has 100000 bytes; at most/,
    ],
    [
      'a text that is too long',
      { 'warren-unique': 'x'.repeat(60_000) },
      /warren-unique has 60000 bytes; at most/,
    ],
    [
      'thousands of small ones',
      Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`h${index}`, ''])),
      /own headers have \d{5} bytes/,
    ],
    ['a BigInt', { 'warren-ttl': 5n }, /warren-ttl .*not 5/],
    ['NaN', { 'warren-ttl': NaN }, /warren-ttl .*not NaN/],
    ['an attempt beyond all counting', { 'warren-attempt': 2 ** 40 }, /warren-attempt .*at most 2147483647/],
    ['an instant after the last one', { 'warren-deadline': 8.64e15 + 1 }, /warren-deadline .*at most 8640/],
  ])('are told apart: %s', (_what, given, problem) => {
    expect(problemOf(given)).toMatch(problem);
  });

  it('take no unknown fields of a history along', () => {
    const known = { number: 1, startedAt: 1, endedAt: 2, worker: 'w', error: { name: 'E', message: 'm' } };
    const json = JSON.stringify([known]).replace('"number"', `"deep":${deepJson(9_000)},"number"`);
    const envelope = envelopeOf(jobWith({ 'warren-history': json }));
    expect(envelope.history).toEqual([known]);
    expect(toMessage(envelope, bodyOf(jobWith({}))).headers['warren-history']).toBe(JSON.stringify([known]));
  });

  it.each([-1, NaN, Infinity, 2 ** 63 * 1_000, 1e300])(
    'count for now where the time of sending is %p',
    (timestamp) => {
      expect(envelopeOf({ ...jobWith({}), timestamp }).enqueuedAt).toBe(NOW);
    },
  );

  it.each([0, 1, 253_402_300_799_000])('may have been sent at %p', (timestamp) => {
    expect(envelopeOf({ ...jobWith({}), timestamp }).enqueuedAt).toBe(timestamp);
  });
});

function deepJson(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}
