import { sleep } from '../kernel/clock.js';
import { ManualClock } from './manual-clock.js';

describe('the manual clock', () => {
  it('stands still until it is told to go on', async () => {
    const clock = new ManualClock(1_000);
    let isFired = false;
    clock.setTimer(5, () => (isFired = true));
    await new Promise((resolve) => setTimeout(resolve, 15));
    expect([clock.now(), isFired]).toEqual([1_000, false]);
    expect(clock.nextTimerAt).toBe(1_005);
  });

  it('fires timers in order of time, those of one instant in order of setting, each at its own instant', async () => {
    const clock = new ManualClock(0);
    const fired: string[] = [];
    const set = (name: string, delayMs: number) =>
      clock.setTimer(delayMs, () => fired.push(`${name} at ${clock.now()}`));
    set('c', 30);
    set('a', 10);
    set('b', 10);
    set('late', 31);
    await clock.advance(30);
    expect(fired).toEqual(['a at 10', 'b at 10', 'c at 30']);
    expect(clock.now()).toBe(30);
    expect(clock.pendingTimers).toBe(1);
  });

  it('lets what a timer set off set timers of its own within the same advance', async () => {
    const clock = new ManualClock(0);
    const steps: number[] = [];
    const running = (async () => {
      for (let step = 0; step < 5; step += 1) {
        await sleep(clock, 10);
        await new Promise((resolve) => setImmediate(resolve));
        steps.push(clock.now());
      }
    })();
    await clock.advance(50);
    await running;
    expect(steps).toEqual([10, 20, 30, 40, 50]);
  });

  it('lets code that is on its way set its timers before time goes on', async () => {
    const clock = new ManualClock(0);
    let slept = false;
    const running = Promise.resolve()
      .then(() => sleep(clock, 10))
      .then(() => (slept = true));
    await clock.advance(10);
    expect(slept).toBe(true);
    await running;
  });

  it('fires no cancelled timer, and takes a negative delay for none', async () => {
    const clock = new ManualClock(0);
    const fired: string[] = [];
    const timer = clock.setTimer(1, () => fired.push('cancelled'));
    clock.setTimer(-5, () => fired.push('at once'));
    timer.cancel();
    await clock.advance(1);
    expect(fired).toEqual(['at once']);
    expect(clock.pendingTimers).toBe(0);
    expect(clock.nextTimerAt).toBeUndefined();
  });
});
