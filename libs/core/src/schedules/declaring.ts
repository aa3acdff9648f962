import type { Clock } from '../kernel/clock.js';
import type { Logger } from '../kernel/logger.js';
import type { ScheduleStore } from '../ports/store-schedules.js';
import { bodyOf, timingOf, type CodeSchedule } from './definition.js';

/** How often a process says that it still has its schedules in code. */
export const TOUCH_MS = 60_000;
/** A new leader waits so long before it removes anything: others may be about to say what they have. */
const PATIENCE_MS = 600_000;

export interface DeclaringParts {
  readonly store: ScheduleStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly code: readonly CodeSchedule[];
  readonly removeAfterMs: number;
}

/** Schedules in code: written at boot, seen while a process has them, removed when none has them any more. */
export class Declaring {
  private touchAt = -Infinity;
  private isDeclared = false;
  private sweptAt: number | undefined;

  constructor(private readonly parts: DeclaringParts) {}

  /** Writes them, once; from then on says that they are there. @throws what the store throws. */
  async declare(): Promise<void> {
    const { store, clock, code } = this.parts;
    if (code.length === 0 || clock.elapsed() < this.touchAt) return;
    if (this.isDeclared) await store.touch(names(code), clock.now());
    else await this.putAll();
    this.isDeclared = true;
    this.touchAt = clock.elapsed() + TOUCH_MS;
  }

  /** By the leader: removes those that no process has had in code for the grace time. */
  async sweep(leadingSince: number): Promise<void> {
    const { store, clock, logger, removeAfterMs } = this.parts;
    const now = clock.now();
    const lastAt = Math.max(leadingSince, this.sweptAt ?? -Infinity);
    if (now - lastAt < Math.min(removeAfterMs, PATIENCE_MS)) return;
    this.sweptAt = now;
    for (const { name, origin, seenAt } of await store.read()) {
      if (origin !== 'code' || seenAt > now - removeAfterMs) continue;
      if (!(await store.remove(name, now - removeAfterMs))) continue;
      logger.info(`Schedule ${name} is removed: it is in no process's code any more.`);
    }
  }

  private async putAll(): Promise<void> {
    const { store, clock, logger, code } = this.parts;
    for (const { name, place, options, compute } of code) {
      const before = await store.put({
        name,
        origin: 'code',
        timing: JSON.stringify(timingOf(options)),
        body: JSON.stringify(bodyOf(options, compute !== undefined)),
        at: clock.now(),
      });
      if (before?.origin !== 'runtime') continue;
      logger.warn(`Schedule ${name} was put at run time; from now on it is that of ${place}.`);
    }
  }
}

function names(code: readonly CodeSchedule[]): string[] {
  return code.map(({ name }) => name);
}
