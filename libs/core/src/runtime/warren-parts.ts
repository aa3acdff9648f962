import { systemLoopClock, type Clock, type LoopClock } from '../kernel/clock.js';
import type { Logger } from '../kernel/logger.js';
import type { Random } from '../kernel/random.js';
import type { Environment } from '../options/environment.js';
import type { JobsOptions } from '../options/module.js';
import type { ThreadParts } from './isolation.js';

/** What the composition root is made of; all but options and logger have real defaults. */
export interface WarrenParts extends ThreadParts {
  readonly options: JobsOptions;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Default: the system's; none when a clock is given, whose time is another. */
  readonly loopClock?: LoopClock;
  readonly random?: Random;
  readonly environment?: Environment;
}

/** Undefined: time is a test's own. */
export function loopOf({ clock, loopClock }: WarrenParts): LoopClock | undefined {
  return loopClock ?? (clock ? undefined : systemLoopClock);
}
