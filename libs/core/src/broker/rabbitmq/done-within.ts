import type { Clock } from '../../kernel/clock.js';
import { within } from '../../kernel/within.js';

/** Resolves when the work is settled, or after `limitMs`, whichever is first: for endings that nothing may hold up. */
export async function doneWithin(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  await within(work, limitMs, clock).catch(() => undefined);
}
