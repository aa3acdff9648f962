import { PassThrough } from 'node:stream';
import { jest } from '@jest/globals';
import type { Screen } from './io.js';
import { Progress, progressLine } from './progress.js';

describe('a line of progress', () => {
  it('tells how far, how fast, how long yet, and what failed', () => {
    expect(progressLine('retried', { done: 2_118, failed: 3, total: 3_214 }, 42_000)).toBe(
      'retried  [#############-------] 65%   2,121/3,214   51/s   eta 21s   failed 3',
    );
  });

  it('has no end in sight before the first, and none behind the last', () => {
    expect(progressLine('retried', { done: 0, failed: 0, total: 10 }, 0)).toBe(
      'retried  [--------------------] 0%   0/10   0.0/s',
    );
    expect(progressLine('retried', { done: 10, failed: 0, total: 10 }, 5_000)).toBe(
      'retried  [####################] 100%   10/10   2.0/s',
    );
  });
});

describe('progress', () => {
  function told(isTTY: boolean, isSilent = false): string {
    jest.useFakeTimers();
    const stderr = Object.assign(new PassThrough(), { isTTY, columns: 200 }) as Screen & PassThrough;
    const progress = new Progress(stderr, 'retried', isSilent);
    for (let done = 1; done <= 12; done += 1) {
      jest.advanceTimersByTime(1_000);
      progress.tell({ done, failed: 0, total: 12 });
    }
    expect(progress.end()).toBe(12_000);
    jest.useRealTimers();
    return String(stderr.read() ?? '');
  }

  it('is a line that is painted again on a terminal, and taken away at its end', () => {
    const text = told(true);
    expect(text.match(/\rretried/g)).toHaveLength(12);
    expect(text).not.toContain('\n');
    expect(text.endsWith('\r\u001b[K')).toBe(true);
  });

  it('is a line each five seconds where there is no terminal', () => {
    expect(told(false).match(/^retried.*$/gm)).toEqual([
      expect.stringMatching(/5\/12/),
      expect.stringMatching(/10\/12/),
    ]);
  });

  it('is not told with --quiet', () => {
    expect(told(true, true)).toBe('');
  });
});
