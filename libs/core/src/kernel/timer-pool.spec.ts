import { ManualClock } from '../testing/manual-clock.js';
import { TimerPool } from './timer-pool.js';

describe('TimerPool', () => {
  let clock: ManualClock;
  let pool: TimerPool;
  let rung: string[];
  beforeEach(() => {
    clock = new ManualClock();
    pool = new TimerPool(clock);
    rung = [];
  });
  const set = (name: string, delayMs: number) => pool.setTimer(delayMs, () => rung.push(name));

  it('rings each timer at its time, whatever its length', async () => {
    set('a', 1_000);
    set('long', 5_000);
    await clock.advance(400);
    set('b', 1_000);
    await clock.advance(599);
    expect(rung).toEqual([]);
    await clock.advance(1);
    expect(rung).toEqual(['a']);
    await clock.advance(400);
    expect(rung).toEqual(['a', 'b']);
    await clock.advance(10_000);
    expect(rung).toEqual(['a', 'b', 'long']);
  });

  it.each([3_600_000, -3_600_000])('rings at its time when the hour is set by %i ms', async (shiftMs) => {
    set('a', 1_000);
    await clock.advance(500);
    clock.setBy(shiftMs);
    set('b', 1_000);
    await clock.advance(500);
    expect(rung).toEqual(['a']);
    await clock.advance(499);
    expect(rung).toEqual(['a']);
    await clock.advance(1);
    expect(rung).toEqual(['a', 'b']);
  });

  it('rings no timer that was cancelled, and those behind it in time', async () => {
    const first = set('first', 1_000);
    await clock.advance(100);
    set('second', 1_000);
    first.cancel();
    first.cancel();
    await clock.advance(999);
    expect(rung).toEqual([]);
    await clock.advance(1);
    expect(rung).toEqual(['second']);
  });

  it('leaves nothing behind when all are cancelled', () => {
    const timers = [set('a', 1_000), set('b', 1_000), set('c', 2_000)];
    for (const timer of timers) timer.cancel();
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets a callback set and cancel timers of its own length', async () => {
    const cancelled = { cancel: () => undefined as void };
    pool.setTimer(1_000, () => {
      rung.push('one');
      set('again', 1_000);
      cancelled.cancel();
    });
    Object.assign(cancelled, {
      cancel: (
        (timer) => () =>
          timer.cancel()
      )(set('never', 1_000)),
    });
    await clock.advance(1_000);
    expect(rung).toEqual(['one']);
    await clock.advance(1_000);
    expect(rung).toEqual(['one', 'again']);
  });
});
