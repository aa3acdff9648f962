/**
 * Finds the oldest of what a store gives newest first: asks for something older than a guess, goes twice as far back as
 * long as there is something, and then halves what is left. Each answer is the creation of a job that waits, so that the
 * result is never older than the truth, and younger by at most an eighth of the age.
 */

/** Creation of the newest that waits and was created before an instant; undefined: there is none. Epoch milliseconds. */
export type NewestBefore = (instant: number) => Promise<number | undefined>;

const HALVINGS = 3;
const LONGEST_AGE_MS = 100 * 365 * 86_400_000;

/** Undefined: nothing waits. */
export async function oldestBefore(now: number, newestBefore: NewestBefore): Promise<number | undefined> {
  // Clocks of other processes may be ahead.
  let found = await newestBefore(now + 60_000);
  if (found === undefined) return undefined;
  let stepMs = Math.max(1_000, now - found);
  for (;;) {
    const older = await newestBefore(found - stepMs);
    if (older === undefined) break;
    found = older;
    stepMs = Math.max(stepMs, now - found);
    if (stepMs > LONGEST_AGE_MS) return found;
  }
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    stepMs /= 2;
    found = (await newestBefore(found - stepMs)) ?? found;
  }
  // The very oldest, where only a few are left.
  return (await newestBefore(found)) ?? found;
}
