import { exponential, fixed, linear } from '../kernel/backoff.js';
import type { AttemptRecord } from './attempt.js';
import { withAttempt } from './attempt.js';
import { FAILURE_REASONS, type Envelope } from './envelope.js';
import type { EncodedPayload, Message } from './message.js';
import {
  bodyOf,
  deathOf,
  foreignHeaders,
  readMessage,
  toMessage,
  toRejectedMessage,
  withoutRejection,
} from './wire.js';

const BODY: EncodedPayload = { bytes: Buffer.from('{"to":"a"}'), contentType: 'application/json' };
const NOW = 1_767_225_600_000;
const neverId = (): string => {
  throw new Error('no id was due');
};

const messageWith = (headers: Record<string, unknown>, more: Partial<Message> = {}): Message => ({
  body: BODY.bytes,
  type: 'email:new',
  messageId: 'm-1',
  headers,
  ...more,
});

function problemOf(message: Message): string | undefined {
  const read = readMessage(message, 'email', NOW, () => 'new-id');
  return read.ok ? undefined : read.problem;
}

/** What a broker makes of a message on its way: values, not identities. */
const carried = (message: Message): Message => ({ ...message, headers: structuredClone(message.headers) });

/** mulberry32: small, seeded, good enough to vary envelopes. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomEnvelope(next: () => number): Envelope {
  const maybe = <T>(value: () => T): T | undefined => (next() < 0.5 ? value() : undefined);
  const upTo = (most: number): number => Math.floor(next() * (most + 1));
  const said = <T extends object>(values: T): T =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
  const text = (): string => `${'aé€😀"\\\n'.slice(0, upTo(7))}-${upTo(1e6)}`;
  const record = (number: number): AttemptRecord => ({
    number,
    startedAt: NOW + upTo(1e6),
    endedAt: NOW + upTo(1e6),
    worker: text(),
    error: said({ name: 'Error', message: text(), stack: maybe(text), code: maybe(text) }),
  });
  return said({
    id: text(),
    type: ['a', 'a:b', 'a.b:c-d:e_f'][upTo(2)]!,
    queue: 'email',
    attempt: 1 + upTo(999),
    enqueuedAt: NOW - upTo(1e9),
    notBefore: maybe(() => NOW + upTo(1e9)),
    deadlineAt: maybe(() => NOW + upTo(1e9)),
    own: said({
      maxAttempts: maybe(() => 1 + upTo(100)),
      timeoutMs: maybe(() => 1 + upTo(1e6)),
      ttlMs: maybe(() => upTo(1e6)),
      backoff: maybe(() => [fixed('5s'), exponential(), linear({ from: 1, to: 9, steps: 3 })][upTo(2)]!),
    }),
    priority: maybe(() => upTo(31)),
    uniqueKey: maybe(text),
    generation: 1 + upTo(99),
    token: text(),
    correlationId: maybe(text),
    appId: maybe(text),
    headers: said({ tenant: maybe(text), count: maybe(() => upTo(9)), flag: maybe(() => next() < 0.5) }),
    history: Array.from({ length: upTo(3) }, (_, index) => record(index + 1)),
    death: maybe(() => ({ reason: FAILURE_REASONS[upTo(5)]!, failedAt: NOW, error: text() })),
  });
}

describe('an envelope', () => {
  it('comes back from a message as it was, whatever is in it', () => {
    const next = seeded(20_260_101);
    for (let round = 0; round < 500; round += 1) {
      const envelope = randomEnvelope(next);
      const message = carried(toMessage(envelope, BODY));
      expect(readMessage(message, 'email', NOW, neverId)).toEqual({ ok: true, envelope });
      expect(bodyOf(message)).toEqual(BODY);
    }
  });

  it('has headers that say what docs/wire-format.md promises', () => {
    const message = toMessage(
      {
        id: 'job-1',
        type: 'email:new',
        queue: 'email',
        attempt: 2,
        enqueuedAt: NOW,
        notBefore: NOW + 1,
        deadlineAt: NOW + 2,
        own: { maxAttempts: 5, timeoutMs: 3, ttlMs: 4, backoff: fixed(5, { jitter: 'none' }) },
        uniqueKey: 'u',
        generation: 2,
        token: 't',
        correlationId: 'c',
        appId: 'shop',
        headers: { traceparent: '00-x' },
        history: [{ number: 1, startedAt: 1, endedAt: 2, worker: 'w', error: { name: 'E', message: 'm' } }],
      },
      { ...BODY, contentEncoding: 'utf-8' },
    );
    expect(message).toEqual({
      body: BODY.bytes,
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      messageId: 'job-1',
      type: 'email:new',
      timestamp: NOW,
      appId: 'shop',
      correlationId: 'c',
      headers: {
        'warren-v': 1,
        'warren-attempt': 2,
        'warren-max-attempts': 5,
        'warren-enqueued-at': NOW,
        'warren-not-before': NOW + 1,
        'warren-deadline': NOW + 2,
        'warren-timeout': 3,
        'warren-ttl': 4,
        'warren-backoff': '{"kind":"fixed","delayMs":5,"jitter":"none"}',
        'warren-unique': 'u',
        'warren-generation': 2,
        'warren-token': 't',
        'warren-error': 'E: m',
        'warren-history': expect.stringContaining('"number":1'),
        traceparent: '00-x',
      },
    });
  });

  it('stays far below 64 KiB of headers after 1000 failed attempts with huge errors', () => {
    let history: readonly AttemptRecord[] = [];
    const error = { name: 'E', message: '\u0001'.repeat(1_000), stack: '€'.repeat(1_200) };
    for (let number = 1; number <= 1_000; number += 1) {
      history = withAttempt(history, { number, startedAt: NOW, endedAt: NOW, worker: 'w', error });
    }
    const death = { reason: 'exhausted' as const, failedAt: NOW, error: '€'.repeat(50_000) };
    const headers = { mine: 'x'.repeat(16_000) };
    const envelope = { ...randomEnvelope(seeded(1)), history, death, headers };
    const message = toMessage(envelope, BODY);
    expect(Buffer.byteLength(message.headers['warren-error'] as string)).toBeLessThanOrEqual(8 * 1024);
    expect(Buffer.byteLength(JSON.stringify(message.headers))).toBeLessThan(56 * 1024);
    expect(readMessage(message, 'email', NOW, neverId)).toMatchObject({ ok: true });
  });
});

describe('a message of another program', () => {
  it('is a job with only a body and a type', () => {
    expect(
      readMessage({ body: BODY.bytes, type: 'email:new', headers: {} }, 'email', NOW, () => 'new'),
    ).toEqual({
      ok: true,
      envelope: {
        id: 'new',
        type: 'email:new',
        queue: 'email',
        attempt: 1,
        enqueuedAt: NOW,
        own: {},
        generation: 1,
        headers: {},
        history: [],
      },
    });
    expect(bodyOf({ body: BODY.bytes, headers: {} })).toEqual(BODY);
  });

  it('is told apart by its message id, and not by an empty one', () => {
    const envelopeOf = (more: Partial<Message>, headers = {}) => {
      const read = readMessage(messageWith(headers, more), 'email', NOW, () => 'new');
      return read.ok ? { id: read.envelope.id, token: read.envelope.token } : read;
    };
    expect(envelopeOf({ messageId: 'theirs' })).toEqual({ id: 'theirs', token: 'theirs' });
    expect(envelopeOf({ messageId: '' })).toEqual({ id: 'new', token: undefined });
    expect(envelopeOf({ messageId: 'theirs' }, { 'warren-token': '' })).toEqual({
      id: 'theirs',
      token: 'theirs',
    });
  });

  it('may write whole numbers as text, and its own time of sending', () => {
    const headers = { 'warren-attempt': '2', 'warren-max-attempts': '5', 'warren-not-before': `${NOW}` };
    const read = readMessage(messageWith(headers, { timestamp: NOW - 5_000 }), 'email', NOW, neverId);
    expect(read).toMatchObject({
      ok: true,
      envelope: { attempt: 2, own: { maxAttempts: 5 }, notBefore: NOW, enqueuedAt: NOW - 5_000 },
    });
  });

  it('loses what the broker put on it, and what would route copies of it', () => {
    const headers = {
      'x-death': [{ queue: 'q', count: 1 }],
      'x-first-death-queue': 'q',
      'x-last-death-reason': 'expired',
      'x-delivery-count': 3,
      'x-acquired-count': 3,
      'x-opt-anything': 1,
      CC: ['other'],
      BCC: ['other'],
      'warren-v': 1,
      'x-mine': 'stays',
      cc: 'stays',
      tenant: 'blue',
    };
    expect(foreignHeaders(headers)).toEqual({ 'x-mine': 'stays', cc: 'stays', tenant: 'blue' });
  });
});

describe('a message that is no job', () => {
  it.each([
    ['no type', messageWith({}, { type: undefined as never }), /no type\. Set the AMQP property "type"/],
    ['an empty type', messageWith({}, { type: '' }), /has no type/],
    ['a type that is no name', messageWith({}, { type: 'a b' }), /"type" is no job type: "a b"/],
    [
      'a newer version',
      messageWith({ 'warren-v': 2 }),
      /warren-v is 2; this worker reads version 1\. Upgrade/,
    ],
    [
      'no version number',
      messageWith({ 'warren-v': 'one' }),
      /header warren-v must be a whole number .*"one"/,
    ],
    ['attempt 0', messageWith({ 'warren-attempt': 0 }), /warren-attempt .* at least 1, not 0/],
    ['a fraction', messageWith({ 'warren-attempt': 1.5 }), /warren-attempt .*not 1\.5/],
    [
      'an unsafe number',
      messageWith({ 'warren-deadline': 2 ** 60 }),
      /warren-deadline must be a whole number/,
    ],
    ['a number as a list', messageWith({ 'warren-generation': [1] }), /warren-generation .*not \[1\]/],
    [
      'a token that is no text',
      messageWith({ 'warren-token': 5 }),
      /header warren-token must be text, not 5/,
    ],
    ['a timeout of 0', messageWith({ 'warren-timeout': 0 }), /warren-timeout .* at least 1/],
    ['a negative ttl', messageWith({ 'warren-ttl': -1 }), /warren-ttl .* at least 0/],
    ['a backoff that is no JSON', messageWith({ 'warren-backoff': '{' }), /warren-backoff is no JSON/],
    [
      'a backoff of no kind',
      messageWith({ 'warren-backoff': '{}' }),
      /warren-backoff has the wrong form: \{\}/,
    ],
    [
      'a history that is no list',
      messageWith({ 'warren-history': '5' }),
      /warren-history has the wrong form/,
    ],
    [
      'too many headers of its own',
      messageWith({ mine: 'x'.repeat(30_000) }),
      /own headers have 30004 bytes/,
    ],
    ['a header that cannot be shown', messageWith({ 'warren-attempt': 1n }), /./],
  ])('says so: %s', (_what, message, problem) => {
    expect(problemOf(message)).toMatch(problem);
  });

  it('keeps the good attempts of a history with bad ones', () => {
    const good = { number: 1, startedAt: 1, endedAt: 2, worker: 'w', error: { name: 'E', message: 'm' } };
    const headers = {
      'warren-history': JSON.stringify([null, 5, { number: 1 }, good, { ...good, error: {} }]),
    };
    const read = readMessage(messageWith(headers), 'email', NOW, neverId);
    expect(read).toMatchObject({ ok: true, envelope: { history: [good] } });
  });

  it('is kept as it came with the reason added, and comes back as it came', () => {
    const message = messageWith({ 'warren-v': 9, 'x-death': [{}], tenant: 'blue' }, { type: 'a b' });
    const rejected = toRejectedMessage(message, 'email', 'no valid job', NOW);
    expect(rejected).toEqual({
      ...message,
      headers: {
        'warren-v': 9,
        tenant: 'blue',
        'warren-reason': 'rejected',
        'warren-failed-at': NOW,
        'warren-error': 'no valid job',
        'warren-queue': 'email',
      },
    });
    expect(deathOf(rejected.headers)).toEqual({ reason: 'rejected', failedAt: NOW, error: 'no valid job' });
    expect(withoutRejection(rejected)).toEqual({ ...message, headers: { 'warren-v': 9, tenant: 'blue' } });
  });

  it('has no death when its reason is none of ours', () => {
    expect(deathOf({})).toBeUndefined();
    expect(deathOf({ 'warren-reason': 'whatever' })).toBeUndefined();
  });
});
