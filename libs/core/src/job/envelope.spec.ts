import { withDeath, withNextAttempt, withRequeue, withSnooze, type Envelope } from './envelope.js';

const envelope: Envelope = Object.freeze({
  id: 'job-1',
  type: 'email:new',
  queue: 'email',
  attempt: 3,
  enqueuedAt: 1_000,
  notBefore: 2_000,
  deadlineAt: 9_000,
  own: { maxAttempts: 5 },
  priority: 4,
  uniqueKey: 'key',
  generation: 7,
  token: 'old',
  correlationId: 'c',
  parentId: 'p',
  rootId: 'r',
  appId: 'shop',
  headers: { tenant: 'a' },
  history: [],
});

const record = { number: 3, startedAt: 1, endedAt: 2, worker: 'w', error: { name: 'Error', message: 'no' } };

describe('the next message of a job', () => {
  it('asks for the next attempt after a failed one', () => {
    const next = withNextAttempt(envelope, { notBefore: 5_000, history: [record], token: 'new' });
    expect(next).toEqual({
      ...envelope,
      attempt: 4,
      generation: 8,
      notBefore: 5_000,
      history: [record],
      token: 'new',
    });
  });

  it('asks for the same attempt after a snooze', () => {
    const next = withSnooze(envelope, { notBefore: 5_000, token: 'new' });
    expect(next).toEqual({ ...envelope, generation: 8, notBefore: 5_000, token: 'new' });
  });

  it('keeps everything beside its death in the dead letters', () => {
    const death = { reason: 'exhausted' as const, failedAt: 6_000, error: 'Error: no' };
    const dead = withDeath(envelope, { death, history: [record], token: 'new' });
    expect(dead).toEqual({ ...envelope, generation: 8, death, history: [record], token: 'new' });
  });

  it('starts over after a requeue: attempts, history and instants are reset, the id is kept', () => {
    const death = { reason: 'exhausted' as const, failedAt: 6_000, error: 'Error: no' };
    const dead = withDeath(envelope, { death, history: [record], token: 'dead' });
    const { notBefore: _notBefore, deadlineAt: _deadlineAt, ...kept } = envelope;
    expect(withRequeue(dead, { now: 7_000, token: 'new' })).toEqual({
      ...kept,
      attempt: 1,
      enqueuedAt: 7_000,
      generation: 9,
      token: 'new',
    });
  });
});
