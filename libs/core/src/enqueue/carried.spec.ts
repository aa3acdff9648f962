import { exponential } from '../kernel/backoff.js';
import { buildEnvelope, type Outgoing } from './build.js';
import { carriedText, readCarried } from './carried.js';

describe('what a new message of a job carries', () => {
  const envelopeOf = (plan: object, headers: Record<string, string | number | boolean> = {}) => {
    const context = { id: 'a', headers, correlationId: 'c', plan: { own: {}, ...plan } };
    return buildEnvelope(context as unknown as Outgoing, 'shop', 'token', 7);
  };

  it('comes back out of its text as it was', () => {
    const own = { maxAttempts: 3, timeoutMs: 9, ttlMs: 0, backoff: exponential({ from: 1, to: 9 }) };
    const headers = { tenant: 'é "', weight: 1.5, urgent: false };
    const text = carriedText(envelopeOf({ own, deadlineAt: 99 }, headers));
    expect(readCarried(text)).toEqual({ headers, own, deadlineAt: 99 });
    expect(readCarried(carriedText({ ...envelopeOf({}), uniqueUntil: 'started' }))).toMatchObject({
      uniqueUntil: 'started',
    });
  });

  it('is no text where the job asks for nothing, and reads as nothing', () => {
    const own = { maxAttempts: undefined, timeoutMs: undefined };
    expect(carriedText(envelopeOf({ own }))).toBeUndefined();
    expect(readCarried(undefined)).toEqual({ headers: {}, own: {}, deadlineAt: undefined });
  });

  it('holds only what was said', () => {
    expect(carriedText(envelopeOf({ own: { ttlMs: 5, timeoutMs: undefined } }))).toBe('{"own":{"ttlMs":5}}');
  });
});
