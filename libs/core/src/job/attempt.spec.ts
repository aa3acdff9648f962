import { withAttempt, type AttemptRecord } from './attempt.js';

const recordOf = (number: number, message: string, stack?: string): AttemptRecord => ({
  number,
  startedAt: 1_000 * number,
  endedAt: 1_000 * number + 500,
  worker: 'host:1',
  error: { name: 'Error', message, ...(stack !== undefined && { stack }) },
});

const bytesOf = (history: readonly AttemptRecord[]): number => Buffer.byteLength(JSON.stringify(history));

function afterAttempts(count: number, message: string, stack?: string): readonly AttemptRecord[] {
  let history: readonly AttemptRecord[] = [];
  for (let number = 1; number <= count; number += 1) {
    history = withAttempt(history, recordOf(number, message, stack));
  }
  return history;
}

describe('the failure history', () => {
  it('grows by one attempt at its end and leaves the one given alone', () => {
    const before = Object.freeze([recordOf(1, 'first')]);
    const after = withAttempt(before, recordOf(2, 'second'));
    expect(after.map(({ number }) => number)).toEqual([1, 2]);
    expect(before).toHaveLength(1);
  });

  it('keeps the first attempt and the latest ones', () => {
    const numbers = afterAttempts(1_000, 'short').map(({ number }) => number);
    expect(numbers).toHaveLength(20);
    expect(numbers[0]).toBe(1);
    expect(numbers.slice(1)).toEqual(Array.from({ length: 19 }, (_, index) => 982 + index));
  });

  it('gives up old stacks before it gives up attempts', () => {
    const history = afterAttempts(20, 'm'.repeat(100), 's'.repeat(1_200));
    expect(history).toHaveLength(20);
    expect(history[0]?.error.stack).toBeUndefined();
    expect(history.at(-1)?.error.stack).toHaveLength(1_200);
  });

  it.each([
    ['long', 'x'.repeat(1_000), 'x'.repeat(1_200)],
    ['of three bytes a character', '€'.repeat(1_000), '€'.repeat(1_200)],
    ['that JSON must escape', '\u0001'.repeat(1_000), '\u0001'.repeat(1_200)],
  ])('stays far below 64 KiB with 1000 failed attempts whose errors are %s', (_kind, message, stack) => {
    const history = afterAttempts(1_000, message, stack);
    expect(bytesOf(history)).toBeLessThanOrEqual(16_000);
    expect(history.at(-1)).toMatchObject({ number: 1_000, error: { message, stack } });
  });

  it('drops even the first attempt when it came oversized from elsewhere', () => {
    const history = withAttempt([recordOf(1, 'x'.repeat(50_000))], recordOf(2, 'news'));
    expect(history.map(({ number }) => number)).toEqual([2]);
  });
});
