/**
 * The only door to system time. Everything that waits or reads the hour takes a `Clock`, so that tests of
 * delays, timeouts and backoff are exact and need no sleeping.
 */

export interface Timer {
  /** Stops the timer; harmless after it fired. */
  cancel(): void;
}

export interface Clock {
  /** Now, in epoch milliseconds. */
  now(): number;
  /**
   * Milliseconds since some instant that never changes. Somebody may set the hour back or forth, but not this: what
   * takes a certain time is measured with it.
   */
  elapsed(): number;
  /** Runs `callback` once after `delayMs` (any length; negative counts as 0). Keeps the process alive. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** Node's timers overflow above this many milliseconds (about 24.8 days); longer ones are split. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimer(delayMs, callback) {
    let remainingMs = Math.max(0, delayMs);
    let handle: NodeJS.Timeout;
    const arm = (): void => {
      const stepMs = Math.min(remainingMs, LONGEST_TIMER_MS);
      remainingMs -= stepMs;
      handle = setTimeout(remainingMs > 0 ? arm : callback, stepMs);
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** What tells a blocked event loop from a clock that was set: never goes back, and knows the work of the process. */
export interface LoopClock {
  /** Milliseconds since some instant. */
  monotonicMs(): number;
  /** CPU time of the process so far, all threads together, in milliseconds. */
  cpuMs(): number;
  /** Runs `callback` each `intervalMs`, until cancelled. Does not keep the process alive. */
  every(intervalMs: number, callback: () => void): Timer;
}

export const systemLoopClock: LoopClock = {
  monotonicMs: () => performance.now(),
  cpuMs() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  every(intervalMs, callback) {
    const handle = setInterval(callback, intervalMs);
    handle.unref();
    return { cancel: () => clearInterval(handle) };
  },
};

/**
 * Resolves after `delayMs`. With a signal: rejects with its reason when it aborts first.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
