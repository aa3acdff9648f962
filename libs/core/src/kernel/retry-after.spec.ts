import { ConfigurationError } from './errors/index.js';
import { DEFAULT_RETRY_AFTER_MS, LONGEST_RETRY_AFTER_MS, comeAgain, delayUntil } from './retry-after.js';

const NOW = Date.UTC(2026, 0, 1);

function delayOf(said: Parameters<typeof comeAgain>[0]): number {
  return delayUntil(comeAgain(said, 'rateLimited(again)'), NOW);
}

describe('when a job comes again whose target said 429', () => {
  it.each([
    ['milliseconds', 1_500, 1_500],
    ['a duration', '2m', 120_000],
    ['seconds, as in Retry-After', ' 120 ', 120_000],
    ['a date, as in Retry-After', 'Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['a date that has passed', 'Wed, 31 Dec 2025 23:00:00 GMT', 0],
    ['a Date', new Date(NOW + 7_000), 7_000],
    ['nothing', undefined, DEFAULT_RETRY_AFTER_MS],
    ['a header that is not there', null, DEFAULT_RETRY_AFTER_MS],
    ['empty text', '', DEFAULT_RETRY_AFTER_MS],
    ['text that nobody can read', 'in a while', DEFAULT_RETRY_AFTER_MS],
    ['a negative number with a unit', '-5x', DEFAULT_RETRY_AFTER_MS],
    ['seconds that would last for ever', '9'.repeat(400), LONGEST_RETRY_AFTER_MS],
    ['a date in a hundred years', 'Fri, 01 Jan 2126 00:00:00 GMT', LONGEST_RETRY_AFTER_MS],
  ])('is read from %s', (_what, said, delayMs) => {
    expect(delayOf(said)).toBe(delayMs);
  });

  it.each([NaN, -1, Infinity, new Date(NaN)])('is refused when it is %s, a mistake of the code', (said) => {
    expect(() => comeAgain(said, 'rateLimited(again)')).toThrow(ConfigurationError);
    expect(() => comeAgain(said, 'rateLimited(again)')).toThrow(/rateLimited\(again\): .* is no duration/);
  });
});
