import { formatDuration, parseDuration, toMilliseconds } from './duration.js';

describe('durations', () => {
  it.each([
    [0, 0],
    [1_500, 1_500],
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['14d', 1_209_600_000],
    ['1w', 604_800_000],
    [' 5 m ', 300_000],
  ])('%j is %d ms', (value, expected) => {
    expect(toMilliseconds(value)).toBe(expected);
  });

  it('are whole milliseconds, because instants travel as whole numbers', () => {
    expect(toMilliseconds(0.6)).toBe(1);
    expect(toMilliseconds('1.0004s')).toBe(1_000);
    expect(toMilliseconds(1_234.5678)).toBe(1_235);
  });

  it.each([
    -1,
    Number.NaN,
    Infinity,
    1e300,
    '200000d',
    '',
    '5',
    '-5s',
    '5 minutes',
    'm',
    null,
    undefined,
    {},
    true,
  ])('%j is none', (value) => {
    expect(toMilliseconds(value)).toBeUndefined();
  });

  it('that are none make an error that names option, value and the accepted forms', () => {
    expect(() => parseDuration('soon', 'delay')).toThrow(/^delay: "soon" is no duration\. .*'30s'/);
    expect(() => parseDuration(Number.NaN, 'delay')).toThrow(/^delay: NaN is no duration/);
    expect(() => parseDuration(5n, 'delay')).not.toThrow(TypeError);
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    expect(() => parseDuration(cyclic, 'delay')).toThrow(/is no duration/);
  });

  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [90_000, '1m 30s'],
    [3_600_000, '1h'],
    [90_061_000, '1d 1h'],
    [1_209_600_000, '14d'],
  ])('%d ms are shown as %s', (milliseconds, expected) => {
    expect(formatDuration(milliseconds)).toBe(expected);
  });
});
