import type { JobState } from 'nestjs-warren';
import type { StoredSetting } from 'nestjs-warren/ports';
import type { Warren } from 'nestjs-warren/standalone';
import { oldestBefore } from './oldest.js';

/** What is known of one queue; undefined parts are not known here. */
export interface QueueFigures {
  readonly queue: string;
  /** By the broker. */
  readonly ready: number | undefined;
  readonly dead: number | undefined;
  readonly consumers: number | undefined;
  /** By the job store. */
  readonly scheduled: number | undefined;
  readonly retrying: number | undefined;
  readonly active: number | undefined;
  readonly oldestAgeMs: number | undefined;
  readonly isPaused: boolean | undefined;
}

/** What holds for all queues at one look. */
export interface Ground {
  readonly now: number;
  readonly counts: Readonly<Record<string, Readonly<Record<JobState, number>>>> | undefined;
  readonly settings: readonly StoredSetting[] | undefined;
}

/** Those that this process or a worker of the application knows. */
export async function knownQueues(warren: Warren, hasStore: boolean): Promise<string[]> {
  const own = [...warren.settings.queues.listed, ...warren.consumedQueues()];
  const workers = hasStore && warren.storeLink.store?.registry ? await warren.jobs.workers() : [];
  return [...own, ...workers.flatMap(({ queues }) => queues.map(({ queue }) => queue))];
}

export function withoutStore(now: number): Ground {
  return { now, counts: undefined, settings: undefined };
}

export async function groundOf(warren: Warren, now: number): Promise<Ground> {
  const { registry, reads } = warren.storeLink.store ?? {};
  const [counts, settings] = await Promise.all([
    reads && warren.jobs.counts(),
    registry?.settings(undefined),
  ]);
  return { now, counts: counts?.queues, settings: settings?.settings };
}

export async function queueFigures(warren: Warren, queue: string, ground: Ground): Promise<QueueFigures> {
  const { counts, settings, now } = ground;
  const inStates = counts?.[queue];
  const [stats, oldestAgeMs] = await Promise.all([
    // A queue that nobody declared yet has none.
    warren.hostConnection.broker.stats(queue).catch(() => undefined),
    counts && oldestAge(warren, queue, inStates?.queued ?? 0, now),
  ]);
  const known = (state: JobState) => (counts ? (inStates?.[state] ?? 0) : undefined);
  return {
    queue,
    ready: stats?.ready,
    dead: stats?.deadLetters,
    consumers: stats?.consumers,
    scheduled: known('scheduled'),
    retrying: known('retrying'),
    active: known('active'),
    oldestAgeMs,
    isPaused: settings?.some(
      ({ scope, name, key, value }) =>
        scope === 'queue' && name === queue && key === 'paused' && value === 'true',
    ),
  };
}

async function oldestAge(warren: Warren, queue: string, queued: number, now: number): Promise<number> {
  if (queued === 0) return 0;
  const oldest = await oldestBefore(now, async (instant) => {
    const query = { queue, state: 'queued', createdBefore: new Date(instant) } as const;
    const { jobs } = await warren.jobs.find(query, { limit: 1 });
    return jobs[0]?.createdAt.getTime();
  });
  return oldest === undefined ? 0 : Math.max(0, now - oldest);
}
