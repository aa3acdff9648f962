import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock, RegistryStore } from 'nestjs-warren/ports';

/** Workers announce themselves in the same place, under other names. */
const PREFIX = 'telemetry:';
const LONGEST_HOST = 60;

/** A candidate that is not asked any more is taken for gone after three of its usual intervals, within these. */
const SHORTEST_TTL_MS = 15_000;
const LONGEST_TTL_MS = 180_000;
/** Until its usual interval is known. */
const FIRST_TTL_MS = 60_000;

/**
 * The one of several processes that reports what is the same for all of them: of those that were asked for metrics
 * lately, the one that has lived longest. It takes part only when it is asked, so that a process that nobody scrapes is
 * never elected, and there is no timer. Two may take themselves for elected for a moment; then both tell the same.
 */
export class Election {
  private readonly id: string;
  private lastAskedAt: number | undefined;

  constructor(
    private readonly registry: RegistryStore,
    private readonly clock: Pick<Clock, 'now' | 'elapsed'>,
  ) {
    const bornAt = String(clock.now()).padStart(15, '0');
    const host = hostname().slice(0, LONGEST_HOST);
    this.id = `${PREFIX}${bornAt}:${host}:${process.pid}:${randomBytes(4).toString('hex')}`;
  }

  /** @throws what the store throws. */
  async isMine(): Promise<boolean> {
    await this.registry.announce({ id: this.id, text: '{}' }, this.ttlMs());
    const ids = (await this.registry.workers()).map(({ id }) => id).filter((id) => id.startsWith(PREFIX));
    return ids.every((id) => id >= this.id);
  }

  /** Never rejects: with the store away it is forgotten by itself. */
  async resign(): Promise<void> {
    if (this.lastAskedAt === undefined) return;
    await this.registry.withdraw(this.id).catch(() => undefined);
  }

  private ttlMs(): number {
    const now = this.clock.elapsed();
    const ttlMs = this.lastAskedAt === undefined ? FIRST_TTL_MS : 3 * (now - this.lastAskedAt);
    this.lastAskedAt = now;
    return Math.min(LONGEST_TTL_MS, Math.max(SHORTEST_TTL_MS, ttlMs));
  }
}
