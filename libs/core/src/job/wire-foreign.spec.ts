import type { EncodedPayload, Message } from './message.js';
import { bodyOf, deathOf, foreignHeaders, readMessage, toRejectedMessage, withoutRejection } from './wire.js';

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

  it('has no identity but its id, which may be that of others too', () => {
    const envelopeOf = (more: Partial<Message>, headers = {}) => {
      const read = readMessage(messageWith(headers, more), 'email', NOW, () => 'new');
      return read.ok ? { id: read.envelope.id, token: read.envelope.token } : read;
    };
    expect(envelopeOf({ messageId: 'theirs' })).toEqual({ id: 'theirs', token: undefined });
    expect(envelopeOf({ messageId: '' })).toEqual({ id: 'new', token: undefined });
    expect(envelopeOf({ messageId: 'theirs' }, { 'warren-token': '' })).toEqual({
      id: 'theirs',
      token: undefined,
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
      /own headers have 30010 bytes/,
    ],
    ['a header that cannot be shown', messageWith({ 'warren-attempt': 1n }), /warren-attempt .*not 1/],
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
