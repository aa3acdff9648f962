import { ManualClock } from '../testing/manual-clock.js';
import { EarlyCancellations } from './early-cancellations.js';

describe('cancellations that came before their job', () => {
  const said = { reason: 'why', by: 'who' };
  const wanted = { ...said, generation: undefined };
  const of = (id: string, generation = 1) => ({ id, generation });

  it('are taken once, by their job alone', () => {
    const early = new EarlyCancellations(new ManualClock());
    early.remember('a', wanted);
    expect(early.take(of('b'), -Infinity)).toBeUndefined();
    expect(early.take(of('a'), -Infinity)).toEqual(said);
    expect(early.take(of('a'), -Infinity)).toBeUndefined();
  });

  it('are forgotten after a minute', async () => {
    const clock = new ManualClock();
    const early = new EarlyCancellations(clock);
    early.remember('a', wanted);
    await clock.advance(60_000);
    early.remember('b', wanted);
    expect(early.size).toBe(2);
    await clock.advance(1);
    expect(early.take(of('a'), -Infinity)).toBeUndefined();
    expect(early.size).toBe(1);
  });

  it('do not count when they were heard before the instant given', async () => {
    const clock = new ManualClock();
    const early = new EarlyCancellations(clock);
    early.remember('a', wanted);
    await clock.advance(1);
    expect(early.take(of('a'), clock.elapsed())).toBeUndefined();
    early.remember('a', wanted);
    expect(early.take(of('a'), clock.elapsed())).toEqual(said);
  });

  it('count for the message known then and the one after it, not for one that was opened since', () => {
    const early = new EarlyCancellations(new ManualClock());
    early.remember('a', { ...said, generation: 3 });
    expect(early.take(of('a', 5), -Infinity)).toBeUndefined();
    expect(early.take(of('a', 4), -Infinity)).toEqual(said);
    early.remember('a', { ...said, generation: 3 });
    expect(early.take(of('a', 3), -Infinity)).toEqual(said);
  });

  it('are a thousand at most: the oldest go', () => {
    const early = new EarlyCancellations(new ManualClock());
    for (let index = 0; index <= 1_000; index += 1) early.remember(`job-${index}`, wanted);
    expect(early.size).toBe(1_000);
    expect(early.take(of('job-0'), -Infinity)).toBeUndefined();
    expect(early.take(of('job-1000'), -Infinity)).toEqual(said);
  });
});
