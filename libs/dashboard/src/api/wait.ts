import type { Duration } from 'nestjs-warren';
import { durationBetween } from 'nestjs-warren/ports';

const DURATION = durationBetween(0);

/** Milliseconds of a duration that was read from a request, as far as the module lets requests wait. */
export function waitMs(said: Duration | undefined, longestMs: number, otherwiseMs = 0): number {
  return Math.min(longestMs, said === undefined ? otherwiseMs : DURATION.resolve(said));
}
