import { count, instant, lengthOfTime, relativeTo } from './time.js';

describe('instants and lengths of time', () => {
  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [2_000, '2s'],
    [242_000, '4m02s'],
    [3_600_000, '1h00m'],
    [100 * 3_600_000, '4d04h'],
  ])('%d ms are %s', (ms, text) => expect(lengthOfTime(ms)).toBe(text));

  it('are told from now, or as they are', () => {
    const at = new Date('2026-01-31T08:00:00.123Z');
    const now = at.getTime() + 69_000;
    expect(relativeTo(at, now)).toBe('1m09s ago');
    expect(relativeTo(at, at.getTime() - 27_000)).toBe('in 27s');
    expect(relativeTo(at, at.getTime())).toBe('now');
    expect(instant(at, 'utc', now)).toBe('2026-01-31 08:00:00Z');
    expect(instant(at, 'utc', now, true)).toBe('2026-01-31 08:00:00.123Z');
    expect(instant(at, 'relative', now)).toBe('1m09s ago');
    expect(instant(at, 'local', now)).toMatch(/^2026-0[12]-\d\d \d\d:\d\d:00$/);
    expect(count(1_204)).toBe('1,204');
  });
});
