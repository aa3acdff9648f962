import { jest } from '@jest/globals';
import { sleep, systemClock, type Clock } from './clock.js';

describe('the system clock', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('splits timers that are longer than Node can hold', () => {
    const fired = jest.fn();
    const delayMs = 60 * 86_400_000;
    systemClock.setTimer(delayMs, fired);
    jest.advanceTimersByTime(delayMs - 1);
    expect(fired).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledTimes(1);
  });

  it('cancels a split timer in any of its parts', () => {
    const fired = jest.fn();
    const timer = systemClock.setTimer(60 * 86_400_000, fired);
    jest.advanceTimersByTime(30 * 86_400_000);
    timer.cancel();
    jest.advanceTimersByTime(60 * 86_400_000);
    expect(fired).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('counts a negative delay as none', () => {
    const fired = jest.fn();
    systemClock.setTimer(-5, fired);
    jest.advanceTimersByTime(0);
    expect(fired).toHaveBeenCalledTimes(1);
  });
});

describe('sleep', () => {
  const heldClock = () => {
    let fire: (() => void) | undefined;
    const clock: Clock = {
      now: () => 0,
      elapsed: () => 0,
      setTimer(_delayMs, callback) {
        fire = callback;
        return { cancel: () => void (fire = undefined) };
      },
    };
    return { clock, fire: () => fire?.(), isArmed: () => fire !== undefined };
  };

  it('resolves when its timer fires', async () => {
    const held = heldClock();
    const slept = sleep(held.clock, 1_000);
    held.fire();
    await expect(slept).resolves.toBeUndefined();
  });

  it('rejects with the reason of its signal and drops its timer', async () => {
    const held = heldClock();
    const controller = new AbortController();
    const slept = sleep(held.clock, 1_000, controller.signal);
    controller.abort(new Error('stop'));
    await expect(slept).rejects.toThrow('stop');
    expect(held.isArmed()).toBe(false);
    await expect(sleep(held.clock, 1_000, controller.signal)).rejects.toThrow('stop');
    expect(held.isArmed()).toBe(false);
  });
});
