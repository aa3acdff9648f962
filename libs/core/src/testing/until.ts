import { sleep, systemClock } from '../kernel/clock.js';

/** Real milliseconds that waiting may take; generous, because it is spent only when something is broken. */
export const WAIT_LIMIT_MS = 20_000;

const POLL_MS = 5;

/**
 * Resolves when `condition` holds; asks it again and again.
 * @throws Error saying what it waited for, after `limitMs` real milliseconds (default 20 s).
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
  limitMs: number = WAIT_LIMIT_MS,
): Promise<void> {
  const limitAt = systemClock.now() + limitMs;
  while (!(await condition())) {
    if (systemClock.now() >= limitAt) {
      throw new Error(`Waited ${limitMs} ms in vain until ${typeof what === 'string' ? what : what()}.`);
    }
    await sleep(systemClock, POLL_MS);
  }
}
