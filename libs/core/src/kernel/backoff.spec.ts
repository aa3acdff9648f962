import {
  backoffDelayMs,
  backoffs,
  custom,
  exponential,
  fixed,
  linear,
  readPortableBackoff,
  type Backoff,
} from './backoff.js';
import type { Random } from './random.js';

const randomOf = (value: number): Random => ({ next: () => value, fill: (target) => target });
const delays = (backoff: Backoff, attempts: readonly number[], random = 0): number[] =>
  attempts.map((attempt) => backoffDelayMs(backoff, attempt, undefined, randomOf(random)));

describe('backoff', () => {
  it('exponential multiplies from the first delay and stops at the longest', () => {
    const backoff = exponential({ from: '1s', to: '10s', jitter: 'none' });
    expect(delays(backoff, [1, 2, 3, 4, 5, 100])).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('exponential keeps its factor and its defaults', () => {
    expect(delays(exponential({ from: 100, factor: 3, jitter: 'none' }), [1, 2, 3])).toEqual([100, 300, 900]);
    expect(exponential()).toEqual({
      kind: 'exponential',
      fromMs: 1_000,
      toMs: 600_000,
      factor: 2,
      jitter: 'half',
    });
  });

  it('exponential stays a number where the power overflows', () => {
    expect(delays(exponential({ from: '1s', jitter: 'none' }), [5_000])).toEqual([600_000]);
    expect(delays(exponential({ from: 0, jitter: 'none' }), [1, 5_000])).toEqual([0, 0]);
  });

  it('linear spaces its steps evenly and stays at the last', () => {
    const backoff = linear({ from: 100, to: 500, steps: 5, jitter: 'none' });
    expect(delays(backoff, [1, 2, 3, 4, 5, 6])).toEqual([100, 200, 300, 400, 500, 500]);
    expect(delays(linear({ from: 1, to: 9, steps: 1, jitter: 'none' }), [1, 2])).toEqual([9, 9]);
  });

  it('fixed never changes', () => {
    expect(delays(fixed('5s', { jitter: 'none' }), [1, 2, 30])).toEqual([5_000, 5_000, 5_000]);
  });

  it('custom is called with attempt and error, without jitter unless asked for', () => {
    const error = new Error('why');
    const given: unknown[] = [];
    const backoff = custom((attempt, thrown) => {
      given.push(attempt, thrown);
      return '2s';
    });
    expect(backoffDelayMs(backoff, 3, error, randomOf(0))).toBe(2_000);
    expect(given).toEqual([3, error]);
    expect(
      delays(
        custom(() => 1_000, { jitter: 'half' }),
        [1],
        0,
      ),
    ).toEqual([500]);
  });

  it('custom that returns no duration throws an error that says so', () => {
    for (const value of [Number.NaN, -1, '3 days', undefined, {}, 1n, Promise.reject(new Error('late'))]) {
      const backoff = custom(() => value as never);
      expect(() => backoffDelayMs(backoff, 1, undefined, randomOf(0))).toThrow(
        /custom\(delay\): the value returned: .* is no duration/,
      );
    }
  });

  it.each([
    ['half', 0, 500],
    ['half', 0.5, 750],
    ['half', 0.999_999, 1_000],
    ['full', 0, 0],
    ['full', 0.25, 250],
    ['none', 0.25, 1_000],
  ] as const)('jitter %s with random %d turns 1000 ms into %d ms', (jitter, random, expected) => {
    expect(delays(fixed(1_000, { jitter }), [1], random)).toEqual([expected]);
  });

  it('the presets go from their first to their last delay in their number of steps', () => {
    const ends = (backoff: Backoff, steps: number) => delays(backoff, [1, steps - 1, steps, steps + 1], 1);
    expect(ends(backoffs.oneMinute, 20)).toEqual([1_000, 56_895, 60_000, 60_000]);
    expect(ends(backoffs.tenMinutes, 50)).toEqual([60_000, 588_980, 600_000, 600_000]);
    expect(ends(backoffs.oneHour, 20)).toEqual([600_000, 3_442_105, 3_600_000, 3_600_000]);
  });

  it('refuses what makes no sense, naming the option', () => {
    expect(() => exponential({ factor: 0.5 })).toThrow(/exponential\(\{ factor \}\): 0\.5/);
    expect(() => exponential({ from: '2h', to: '1h' })).toThrow(/from \(7200000 ms\) must not exceed/);
    expect(() => exponential({ from: 'soon' as never })).toThrow(/exponential\(\{ from \}\): "soon"/);
    expect(() => linear({ from: 1, to: 2, steps: 0 })).toThrow(/linear\(\{ steps \}\): 0/);
    expect(() => fixed(-1)).toThrow(/fixed\(delay\): -1/);
  });
});

describe('a backoff that arrived', () => {
  it.each([exponential(), linear({ from: 1, to: 2, steps: 3 }), fixed('3s', { jitter: 'full' })])(
    'is read back as it was written: %j',
    (backoff) => {
      expect(readPortableBackoff(JSON.parse(JSON.stringify(backoff)))).toEqual(backoff);
    },
  );

  it.each([
    null,
    'fixed',
    {},
    { kind: 'fixed', jitter: 'half' },
    { kind: 'fixed', delayMs: -1, jitter: 'half' },
    { kind: 'fixed', delayMs: 1, jitter: 'some' },
    { kind: 'exponential', fromMs: 1, toMs: 2, jitter: 'half' },
    { kind: 'exponential', fromMs: 1, toMs: 2, factor: 0, jitter: 'half' },
    { kind: 'linear', fromMs: 1, toMs: 2, steps: 1.5, jitter: 'half' },
    { kind: 'custom', delay: () => 1, jitter: 'none' },
  ])('is none when its form is wrong: %j', (value) => {
    expect(readPortableBackoff(value)).toBeUndefined();
  });
});
