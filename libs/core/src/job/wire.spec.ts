import { exponential, fixed, linear } from '../kernel/backoff.js';
import type { AttemptRecord } from './attempt.js';
import { withAttempt } from './attempt.js';
import { FAILURE_REASONS, type Envelope } from './envelope.js';
import type { EncodedPayload, Message } from './message.js';
import { bodyOf, readMessage, toMessage } from './wire.js';

const BODY: EncodedPayload = { bytes: Buffer.from('{"to":"a"}'), contentType: 'application/json' };
const NOW = 1_767_225_600_000;
const neverId = (): string => {
  throw new Error('no id was due');
};

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
    parentId: maybe(text),
    rootId: maybe(text),
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
        parentId: 'p',
        rootId: 'r',
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
        'warren-parent': 'p',
        'warren-root': 'r',
        'warren-error': 'E: m',
        'warren-history': expect.stringContaining('"number":1'),
        traceparent: '00-x',
      },
    });
  });

  it('leaves out a first attempt and a first generation, which all readers take for granted', () => {
    const envelope = { ...randomEnvelope(seeded(1)), attempt: 1, generation: 1 };
    const message = toMessage(envelope, BODY);
    expect(message.headers).not.toHaveProperty('warren-attempt');
    expect(message.headers).not.toHaveProperty('warren-generation');
    expect(readMessage(message, envelope.queue, NOW, neverId)).toMatchObject({
      ok: true,
      envelope: { attempt: 1, generation: 1 },
    });
  });

  it('has no header for a parent that it has not', () => {
    const envelope = { ...randomEnvelope(seeded(1)), parentId: undefined, rootId: undefined };
    const { headers } = toMessage(envelope, BODY);
    expect(headers).not.toHaveProperty('warren-parent');
    expect(headers).not.toHaveProperty('warren-root');
  });

  it('takes empty text for no parent, and refuses what is longer than an id', () => {
    const { headers, ...rest } = toMessage(randomEnvelope(seeded(1)), BODY);
    const read = (parent: unknown) =>
      readMessage({ ...rest, headers: { ...headers, 'warren-parent': parent } }, 'email', NOW, neverId);
    expect(read('')).toMatchObject({ ok: true, envelope: { parentId: undefined } });
    expect(read('é'.repeat(127))).toMatchObject({ ok: true, envelope: { parentId: 'é'.repeat(127) } });
    expect(read('é'.repeat(128))).toEqual({
      ok: false,
      problem: 'header warren-parent has 256 bytes; at most 255.',
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
