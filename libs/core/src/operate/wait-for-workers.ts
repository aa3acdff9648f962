import { sleep, type Clock } from '../kernel/clock.js';
import { formatDuration } from '../kernel/duration.js';
import { WarrenError } from '../kernel/errors/index.js';
import { readWorkerReport, type WorkerReport } from '../observe/worker-report.js';
import type { RegistryStore } from '../ports/store-registry.js';

/** Workers that are ending something say how they do each half second. */
const LOOK_EVERY_MS = 250;

export interface WorkersWait {
  readonly registry: RegistryStore;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** What is waited for, as the beginning of a sentence. */
  readonly what: string;
  /** What keeps a worker from being done; undefined: nothing. */
  readonly busy: (worker: WorkerReport) => string | undefined;
  /** Before each look. */
  readonly ask: () => Promise<void>;
}

export async function reportsOf(registry: RegistryStore): Promise<readonly WorkerReport[]> {
  return (await registry.workers()).flatMap(({ text }) => readWorkerReport(text) ?? []);
}

/**
 * Resolves when no worker is busy any more. One that was killed counts until it is gone from the registry.
 * @throws WarrenError WARREN_NOT_DRAINED after the time, with who is busy; WARREN_STORE_UNAVAILABLE.
 */
export async function waitForWorkers(wait: WorkersWait): Promise<void> {
  const { registry, clock, timeoutMs, what, busy, ask } = wait;
  const endsAt = clock.elapsed() + timeoutMs;
  for (;;) {
    await ask();
    const left = (await reportsOf(registry)).flatMap((worker) => {
      const why = busy(worker);
      return why === undefined ? [] : [`${worker.process} (${why})`];
    });
    if (left.length === 0) return;
    const leftMs = endsAt - clock.elapsed();
    if (leftMs <= 0) {
      throw new WarrenError(
        'WARREN_NOT_DRAINED',
        `${what} is not so after ${formatDuration(timeoutMs)}, by: ${left.join(', ')}. It stays asked for; wait again with a longer timeout.`,
        { details: { workers: left } },
      );
    }
    await sleep(clock, Math.min(LOOK_EVERY_MS, leftMs));
  }
}
