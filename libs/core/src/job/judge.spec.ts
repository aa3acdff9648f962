import { custom, fixed } from '../kernel/backoff.js';
import { NonRetryableJobError, RetryJobError, SnoozeJobError, WarrenError } from '../kernel/errors/index.js';
import { judge, rejected, type Case } from './judge.js';
import type { Policy } from './policy.js';

const policy: Policy = {
  attempts: 3,
  backoff: fixed('10s', { jitter: 'none' }),
  timeoutMs: undefined,
  deadlineMs: undefined,
  ttlMs: undefined,
  retryIf: undefined,
  track: 'all',
  discardStates: [],
  retention: {
    completed: { ms: 86_400_000, count: undefined },
    failed: { ms: 1_209_600_000, count: undefined },
  },
};

const NOW = 1_000_000;

function verdict(given: Partial<Omit<Case, 'policy'>> & { policy?: Partial<Policy> }) {
  const reported: string[] = [];
  const outcome = judge({
    thrown: new Error('no'),
    attempt: 1,
    deadlineAt: undefined,
    now: NOW,
    random: { next: () => 0, fill: (target) => target },
    reportPolicyError: (name) => reported.push(name),
    ...given,
    policy: { ...policy, ...given.policy },
  });
  return { outcome, reported };
}

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;
const hostile = new Proxy({}, { get: boom, has: boom });
function boom(): never {
  throw new Error('boom');
}

describe('judging an attempt', () => {
  it.each([
    ['an error', new Error('no'), 1, { kind: 'retry', delayMs: 10_000 }],
    ['an error at the last attempt', new Error('no'), 3, { kind: 'failed', reason: 'exhausted' }],
    ['an error beyond the last attempt', new Error('no'), 9, { kind: 'failed', reason: 'exhausted' }],
    ['null', null, 1, { kind: 'retry', error: { message: 'thrown: null' } }],
    ['undefined', undefined, 1, { kind: 'retry' }],
    ['a string', 'no', 1, { kind: 'retry', error: { name: 'NonError', message: 'thrown: no' } }],
    ['a cyclic object', cyclic, 1, { kind: 'retry' }],
    ['a proxy whose traps throw', hostile, 1, { kind: 'retry' }],
    ['a timeout', new WarrenError('WARREN_TIMEOUT', 'slow'), 1, { kind: 'retry' }],
    ['a missing handler', new WarrenError('WARREN_NO_HANDLER', 'none'), 1, { kind: 'retry' }],
    ['NonRetryableJobError', new NonRetryableJobError('gone'), 1, { kind: 'failed', reason: 'terminated' }],
    [
      'an invalid payload of another job',
      new WarrenError('WARREN_PAYLOAD_INVALID', 'bad'),
      1,
      { kind: 'retry' },
    ],
    ['RetryJobError', new RetryJobError('7s'), 1, { kind: 'retry', delayMs: 7_000 }],
    [
      'RetryJobError at the last attempt',
      new RetryJobError('7s'),
      3,
      { kind: 'failed', reason: 'exhausted' },
    ],
    ['SnoozeJobError', new SnoozeJobError('9s'), 1, { kind: 'snoozed', delayMs: 9_000 }],
    ['SnoozeJobError at the last attempt', new SnoozeJobError('9s'), 3, { kind: 'snoozed', delayMs: 9_000 }],
  ])('of %s', (_what, thrown, attempt, expected) => {
    expect(verdict({ thrown, attempt })).toMatchObject({ outcome: expected, reported: [] });
  });

  it.each([
    ['a retry that would start after it', new Error('no'), 9_999, 'expired'],
    ['RetryJobError that would start after it', new RetryJobError('11s'), 10_500, 'expired'],
    ['a snooze that would end after it', new SnoozeJobError('11s'), 10_500, 'expired'],
  ])('with a deadline: %s fails the job at once', (_what, thrown, untilMs, reason) => {
    expect(verdict({ thrown, deadlineAt: NOW + untilMs }).outcome).toMatchObject({ kind: 'failed', reason });
  });

  it('fails a job with an invalid payload, without asking anybody', () => {
    const error = new WarrenError('WARREN_PAYLOAD_INVALID', 'bad');
    expect(rejected(error)).toMatchObject({ kind: 'failed', reason: 'rejected', error: { message: 'bad' } });
  });

  it('with a deadline: a retry that starts exactly then takes place', () => {
    expect(verdict({ deadlineAt: NOW + 10_000 }).outcome).toMatchObject({ kind: 'retry' });
  });

  it('asks retryIf with error and attempt, and ends the job when it says no', () => {
    const error = new Error('4xx');
    const asked: unknown[] = [];
    const retryIf = (...given: unknown[]) => {
      asked.push(given);
      return false;
    };
    expect(verdict({ thrown: error, attempt: 2, policy: { retryIf } }).outcome).toMatchObject({
      kind: 'failed',
      reason: 'terminated',
    });
    expect(asked).toEqual([[error, 2]]);
  });

  it('does not ask retryIf when the handler decided itself', () => {
    const retryIf = boom;
    for (const thrown of [new RetryJobError(1), new SnoozeJobError(1), new NonRetryableJobError('x')]) {
      expect(verdict({ thrown, policy: { retryIf } }).reported).toEqual([]);
    }
  });

  it.each([
    ['throws', boom],
    ['returns a promise', async () => false],
    ['returns a promise that rejects', async () => boom()],
    ['returns nothing', () => undefined],
  ])('retries, and reports it, when retryIf %s', (_what, retryIf) => {
    expect(verdict({ policy: { retryIf: retryIf as never } })).toMatchObject({
      outcome: { kind: 'retry' },
      reported: ['retryIf'],
    });
  });

  it.each([
    ['throws', boom],
    ['returns nonsense', () => 'later' as never],
  ])('takes the default backoff, and reports it, when a custom one %s', (_what, delay) => {
    expect(verdict({ policy: { backoff: custom(delay) } })).toMatchObject({
      // The first step of the default with the least jitter.
      outcome: { kind: 'retry', delayMs: 30_000 },
      reported: ['backoff'],
    });
  });
});
