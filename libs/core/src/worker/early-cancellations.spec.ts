import { ManualClock } from '../testing/manual-clock.js';
import { EarlyCancellations } from './early-cancellations.js';

describe('cancellations that came before their job', () => {
  const wanted = { reason: 'why', by: 'who' };

  it('are taken once, by their job alone', () => {
    const early = new EarlyCancellations(new ManualClock());
    early.remember('a', wanted);
    expect(early.take('b', -Infinity)).toBeUndefined();
    expect(early.take('a', -Infinity)).toEqual(wanted);
    expect(early.take('a', -Infinity)).toBeUndefined();
  });

  it('are forgotten after a minute', async () => {
    const clock = new ManualClock();
    const early = new EarlyCancellations(clock);
    early.remember('a', wanted);
    await clock.advance(60_000);
    early.remember('b', wanted);
    expect(early.size).toBe(2);
    await clock.advance(1);
    expect(early.take('a', -Infinity)).toBeUndefined();
    expect(early.size).toBe(1);
  });

  it('do not count when they were heard before the instant given', async () => {
    const clock = new ManualClock();
    const early = new EarlyCancellations(clock);
    early.remember('a', wanted);
    await clock.advance(1);
    expect(early.take('a', clock.elapsed())).toBeUndefined();
    early.remember('a', wanted);
    expect(early.take('a', clock.elapsed())).toEqual(wanted);
  });

  it('are a thousand at most: the oldest go', () => {
    const early = new EarlyCancellations(new ManualClock());
    for (let index = 0; index <= 1_000; index += 1) early.remember(`job-${index}`, wanted);
    expect(early.size).toBe(1_000);
    expect(early.take('job-0', -Infinity)).toBeUndefined();
    expect(early.take('job-1000', -Infinity)).toEqual(wanted);
  });
});
