import { ERROR_CODES } from './codes.js';
import { NonRetryableJobError, RetryJobError, SnoozeJobError } from './control.js';
import { ConfigurationError, WarrenError, isWarrenError } from './error.js';

describe("Warren's errors", () => {
  it('carry code, cause, details and the name of their class', () => {
    const cause = new Error('below');
    const error = new WarrenError('WARREN_QUEUE_FULL', 'full', { cause, details: { queue: 'email' } });
    expect(error).toMatchObject({
      name: 'WarrenError',
      code: 'WARREN_QUEUE_FULL',
      message: 'full',
      cause,
      details: { queue: 'email' },
    });
    expect(error).toBeInstanceOf(Error);
    expect('cause' in new WarrenError('WARREN_BUG', 'no cause')).toBe(false);
  });

  it('are recognised by brand, also those of another copy of the package', () => {
    const foreign = Object.assign(new Error('same brand'), {
      [Symbol.for('nestjs-warren.error')]: true,
      code: 'WARREN_RETRY',
    });
    expect(isWarrenError(foreign)).toBe(true);
    expect(isWarrenError(foreign, 'WARREN_RETRY')).toBe(true);
    expect(isWarrenError(foreign, 'WARREN_SNOOZE')).toBe(false);
  });

  it('are not confused with anything else that can be thrown', () => {
    const hostile = new Proxy(
      {},
      {
        has: () => {
          throw new Error('has');
        },
      },
    );
    for (const thrown of [
      null,
      undefined,
      'WARREN_RETRY',
      5,
      { code: 'WARREN_RETRY' },
      new Error(),
      hostile,
    ]) {
      expect(isWarrenError(thrown)).toBe(false);
    }
  });

  it('of configuration list every problem', () => {
    const one = new ConfigurationError(['url: wrong.']);
    expect([one.message, one.code]).toEqual(['url: wrong.', 'WARREN_CONFIGURATION']);
    const two = new ConfigurationError(['url: wrong.', 'app: wrong.']);
    expect(two.message).toBe('2 configuration problems:\n  - url: wrong.\n  - app: wrong.');
    expect(two.problems).toEqual(['url: wrong.', 'app: wrong.']);
  });

  it('that a handler throws carry what they ask for', () => {
    expect(new RetryJobError('30s')).toMatchObject({
      code: 'WARREN_RETRY',
      delayMs: 30_000,
      message: 'retry asked for in 30s',
    });
    expect(new SnoozeJobError(90_000)).toMatchObject({
      code: 'WARREN_SNOOZE',
      delayMs: 90_000,
      message: 'snoozed for 1m 30s',
    });
    expect(new NonRetryableJobError('gone', { cause: 'why' })).toMatchObject({
      code: 'WARREN_NON_RETRYABLE',
      name: 'NonRetryableJobError',
      cause: 'why',
    });
    expect(() => new RetryJobError('soon' as never)).toThrow(/RetryJobError\(delay\): "soon"/);
  });

  it('have a code table that says for each what happened and what to do', () => {
    for (const [code, { what, cure }] of Object.entries(ERROR_CODES)) {
      expect(code).toMatch(/^WARREN_[A-Z_]+$/);
      expect(what).toMatch(/\.$/);
      expect(cure).toMatch(/\.$/);
    }
  });
});
