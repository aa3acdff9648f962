import { JOB_STATES, type JobState } from '../job/states.js';
import type { Clock } from '../kernel/clock.js';
import { isWarrenError } from '../kernel/errors/index.js';
import type { WorkerReport } from '../observe/worker-report.js';
import type { Broker, QueueStats } from '../ports/broker.js';
import type { JobStore } from '../ports/job-store.js';
import type { StateCounts } from './jobs.js';
import { oldestWaiting } from './oldest-waiting.js';
import type { SettingsDoor } from './settings-door.js';
import { reportsOf } from './wait-for-workers.js';

/** One line for each queue: what operators look at first. */
export interface QueueSummary {
  readonly name: string;
  readonly isPaused: boolean;
  /** Whether the broker has it. */
  readonly isThere: boolean;
  /** Jobs that wait in it, as the broker counts; undefined: it is not there. */
  readonly ready: number | undefined;
  readonly deadLetters: number | undefined;
  /** Workers that take jobs from it. */
  readonly consumers: number | undefined;
  /** Of its jobs by state, as the job store remembers them; undefined: there is none, or it does not answer. */
  readonly counts: StateCounts | undefined;
  /** When the job that waits longest was enqueued, to the second; undefined: none waits, or it was not asked for. */
  readonly oldestAt: Date | undefined;
}

export interface OverviewOptions {
  /** Of these alone. Default: all that are known. */
  readonly names?: readonly string[];
  /** Whether `oldestAt` is asked for, which costs some twenty requests for each queue in which jobs wait. Default false. */
  readonly oldest?: boolean;
}

export interface OverviewParts {
  readonly broker: Broker;
  readonly store: JobStore | undefined;
  readonly clock: Clock;
  readonly door: SettingsDoor;
  /** Of this process: of its options, and those that it consumes. */
  readonly own: readonly string[];
  /** Before workers are looked at. */
  readonly refresh: () => Promise<void>;
}

export async function queueOverview(
  parts: OverviewParts,
  { names, oldest = false }: OverviewOptions,
): Promise<readonly QueueSummary[]> {
  const { broker, store, clock, door } = parts;
  const [counts, workers, settings, atBroker] = await Promise.all([
    whereAnswered(() => countsOf(store)),
    whereAnswered(() => workersOf(parts)),
    whereAnswered(() => door.settings('queue')),
    broker.operations?.names(),
  ]);
  const wanted = names ?? [
    ...parts.own,
    ...(counts?.keys() ?? []),
    ...(workers ?? []).flatMap(({ queues }) => queues.map(({ queue }) => queue)),
    ...(settings ?? []).map(({ name }) => name),
    ...(atBroker ?? []),
  ];
  const summaries: QueueSummary[] = [];
  // One after the other: each is some requests, and there may be hundreds.
  for (const name of [...new Set(wanted)].sort()) {
    const stats = await statsOf(broker, name);
    const ofQueue = counts && (counts.get(name) ?? ZEROS);
    const waits = oldest && store?.reads !== undefined && (ofQueue?.queued ?? 0) > 0;
    const at = waits ? await whereAnswered(() => oldestWaiting(store.reads!, name, clock.now())) : undefined;
    summaries.push({
      name,
      isPaused: (settings ?? []).some(
        (setting) => setting.name === name && setting.key === 'paused' && setting.value === 'true',
      ),
      isThere: stats !== undefined,
      ready: stats?.ready,
      deadLetters: stats?.deadLetters,
      consumers: stats?.consumers,
      counts: ofQueue,
      oldestAt: at === undefined ? undefined : new Date(at),
    });
  }
  return summaries;
}

const ZEROS = Object.freeze(
  Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobState, number>,
);

async function statsOf(broker: Broker, name: string): Promise<QueueStats | undefined> {
  try {
    return await broker.stats(name);
  } catch (error) {
    if (isWarrenError(error, 'WARREN_NOT_CONNECTED') || isWarrenError(error, 'WARREN_CLOSED')) throw error;
    // Not there: a queue that only options or the store know.
    return undefined;
  }
}

async function countsOf(store: JobStore | undefined): Promise<Map<string, StateCounts> | undefined> {
  if (!store?.reads) return undefined;
  const counts = new Map<string, Record<JobState, number>>();
  for (const { queue, state, count } of await store.reads.counts()) {
    let ofQueue = counts.get(queue);
    if (!ofQueue) counts.set(queue, (ofQueue = { ...ZEROS }));
    ofQueue[state] += count;
  }
  return counts;
}

async function workersOf({ store, refresh }: OverviewParts): Promise<readonly WorkerReport[]> {
  if (!store?.registry) return [];
  await refresh();
  return reportsOf(store.registry);
}

/** A store that is away takes its part of the picture with it, not the whole. */
async function whereAnswered<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isWarrenError(error, 'WARREN_STORE_UNAVAILABLE')) return undefined;
    throw error;
  }
}
