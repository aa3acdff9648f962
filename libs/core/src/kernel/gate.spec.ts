import type { Clock } from './clock.js';
import { Gate } from './gate.js';

/** Timers that fire when the test says so. */
function manualClock() {
  const timers: Array<{ at: number; callback: () => void; isOver: boolean }> = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    elapsed: () => now,
    setTimer(delayMs, callback) {
      const timer = { at: now + delayMs, callback, isOver: false };
      timers.push(timer);
      return { cancel: () => void (timer.isOver = true) };
    },
  };
  return {
    clock,
    advance(ms: number) {
      now += ms;
      for (const timer of timers) {
        if (timer.isOver || timer.at > now) continue;
        timer.isOver = true;
        timer.callback();
      }
    },
    get armed() {
      return timers.filter(({ isOver }) => !isOver).length;
    },
  };
}

describe('a gate', () => {
  it('lets in as many as it counts, and the next when one leaves', async () => {
    const gate = new Gate({ count: 2 }, manualClock().clock);
    expect([gate.tryEnter(), gate.tryEnter(), gate.tryEnter()]).toEqual([true, true, false]);
    const third = gate.enter(0, 1_000);
    expect(gate.waiting).toBe(1);
    gate.leave();
    await expect(third).resolves.toBe(true);
    expect(gate).toMatchObject({ held: 2, waiting: 0 });
  });

  it('admits in order of arrival, even when a later one would fit', async () => {
    const gate = new Gate({ count: 10, bytes: 100 }, manualClock().clock);
    gate.tryEnter(80);
    const order: string[] = [];
    const large = gate.enter(50, 1_000).then(() => order.push('large'));
    const small = gate.enter(10, 1_000).then(() => order.push('small'));
    expect(gate.tryEnter(1)).toBe(false);
    gate.leave(80);
    await Promise.all([large, small]);
    expect(order).toEqual(['large', 'small']);
  });

  it('turns away whom it let wait too long, and lets in those behind', async () => {
    const time = manualClock();
    const gate = new Gate({ count: 10, bytes: 100 }, time.clock);
    gate.tryEnter(80);
    const large = gate.enter(50, 100);
    const small = gate.enter(10, 1_000);
    time.advance(100);
    await expect(large).resolves.toBe(false);
    await expect(small).resolves.toBe(true);
    expect(gate).toMatchObject({ held: 2, waiting: 0 });
  });

  it('keeps no timer of those who entered', async () => {
    const time = manualClock();
    const gate = new Gate({ count: 1 }, time.clock);
    gate.tryEnter();
    const next = gate.enter(0, 100);
    gate.leave();
    await expect(next).resolves.toBe(true);
    expect(time.armed).toBe(0);
    time.advance(1_000);
    expect(gate.held).toBe(1);
  });

  it('lets something larger than its whole limit in when it is empty', async () => {
    const gate = new Gate({ count: 10, bytes: 100 }, manualClock().clock);
    gate.tryEnter(1);
    const huge = gate.enter(5_000, 1_000);
    expect(gate.tryEnter(1)).toBe(false);
    gate.leave(1);
    await expect(huge).resolves.toBe(true);
    expect(gate.tryEnter(0)).toBe(false);
    gate.leave(5_000);
    expect(gate.tryEnter(100)).toBe(true);
  });
});
