import type { Clock } from '../../kernel/clock.js';

/** Resolves when the work is settled, or after `limitMs`, whichever is first: for endings that nothing may hold up. */
export function doneWithin(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const limit = clock.setTimer(limitMs, resolve);
    const done = (): void => {
      limit.cancel();
      resolve();
    };
    work.then(done, done);
  });
}
