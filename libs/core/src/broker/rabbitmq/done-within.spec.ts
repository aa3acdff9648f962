import { ManualClock } from '../../testing/manual-clock.js';
import { doneWithin } from './done-within.js';

describe('doneWithin', () => {
  it.each([
    ['succeeds', Promise.resolve('done')],
    ['fails', Promise.reject(new Error('no'))],
  ])('resolves at once when the work %s, and leaves no timer', async (_, work) => {
    const clock = new ManualClock();
    await doneWithin(clock, 1_000, work);
    expect(clock.pendingTimers).toBe(0);
  });

  it('resolves after the limit when the work goes on', async () => {
    const clock = new ManualClock();
    let isDone = false;
    void doneWithin(clock, 1_000, new Promise(() => undefined)).then(() => (isDone = true));
    await clock.advance(999);
    expect(isDone).toBe(false);
    await clock.advance(1);
    expect(isDone).toBe(true);
  });
});
