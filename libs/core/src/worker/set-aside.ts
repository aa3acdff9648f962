import type { Envelope } from '../job/envelope.js';
import type { Clock } from '../kernel/clock.js';
import type { Logger } from '../kernel/logger.js';
import type { Delivery } from '../ports/delivery.js';
import { settleAside, type SettleParts } from './settle.js';

/** No job of a paused type is looked at again sooner. */
const LEAST_MS = 5_000;

/** After a resume the last of them is back in this time. */
const MOST_MS = 60_000;

/** Jobs that come back follow each other by so much, as far as `MOST_MS` lets them. */
const SPACING_MS = 2;

/**
 * When jobs of paused types are looked at again. A few come back every 5 s; the more there are, the longer each of them
 * waits, so that a long line of them neither spins nor comes back in one burst.
 */
export class SetAside {
  /** By `Clock.elapsed`. */
  private lastDueAt = -Infinity;

  constructor(private readonly clock: Clock) {}

  /** Of the next that is set aside. */
  delayMs(): number {
    const now = this.clock.elapsed();
    this.lastDueAt = Math.min(Math.max(this.lastDueAt + SPACING_MS, now + LEAST_MS), now + MOST_MS);
    return this.lastDueAt - now;
  }
}

/** A job whose type is paused goes behind the delays. Resolves when its delivery is settled. */
export async function setAside(
  slot: { readonly delivery: Delivery; readonly isQuiet: boolean },
  envelope: Envelope,
  parts: SettleParts & { readonly aside: SetAside; readonly logger: Logger },
): Promise<void> {
  const report = await settleAside({ delivery: slot.delivery, slot }, envelope, parts.aside.delayMs(), parts);
  if (report.kind !== 'settleFailed') return;
  const { name, message } = report.error;
  parts.logger.warn(
    `${envelope.type} ${envelope.id}: its type is paused, and it could not be put back behind the delays; it is given back, and comes again: ${name}: ${message}`,
  );
}
