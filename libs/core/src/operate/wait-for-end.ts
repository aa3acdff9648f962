import { isFinal } from '../job/states.js';
import type { Clock } from '../kernel/clock.js';
import { formatDuration } from '../kernel/duration.js';
import { WarrenError, isWarrenError } from '../kernel/errors/index.js';
import type { JobRecord } from '../ports/job-record.js';
import type { ReadStore } from '../ports/store-reads.js';
import { notFound } from './store-door.js';

/** How soon the store is asked again after it did not answer: its notification may have gone unheard. */
const AGAIN_MS = 1_000;

/** How soon it is asked again for a record that is on its way. */
const ON_ITS_WAY_MS = 100;

export interface Wait {
  /** Undefined: any time. */
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** How long a job that the store does not know may be on its way into it. 0: not at all. */
  readonly recordWithinMs: number;
}

/**
 * The job when it has come to its end. It is watched first and then looked at, so that no end falls between; the store
 * is asked again when it says so, not at intervals; but for a job that is on its way into the store.
 * @throws WarrenError WARREN_JOB_NOT_FOUND, WARREN_RESULT_TIMEOUT, WARREN_STORE_UNAVAILABLE; the signal's reason.
 */
export async function waitForEnd(id: string, reads: ReadStore, wait: Wait, clock: Clock): Promise<JobRecord> {
  const { timeoutMs, signal, recordWithinMs } = wait;
  signal?.throwIfAborted();
  const bell = new Bell();
  const ring = () => bell.ring();
  let isOver = false;
  let recordBy = clock.elapsed() + recordWithinMs;
  const limit =
    timeoutMs === undefined
      ? undefined
      : clock.setTimer(timeoutMs, () => {
          isOver = true;
          bell.ring();
        });
  let again: { cancel(): void } | undefined;
  let unwatch: (() => void) | undefined;
  signal?.addEventListener('abort', ring);
  try {
    unwatch = await reads.watch(id, ring);
    for (;;) {
      signal?.throwIfAborted();
      const heard = bell.next();
      const seen = await look(id, reads);
      if (seen instanceof WarrenError) again = clock.setTimer(AGAIN_MS, ring);
      else if (!seen) {
        if (isOver || clock.elapsed() >= recordBy) throw notFound(id);
        again = clock.setTimer(ON_ITS_WAY_MS, ring);
      } else if (isFinal(seen.state)) return seen;
      // Known once, it is only unknown because it was forgotten.
      else recordBy = -Infinity;
      if (isOver && seen) throw tooLate(id, timeoutMs!, seen);
      await heard;
      again?.cancel();
    }
  } finally {
    limit?.cancel();
    again?.cancel();
    unwatch?.();
    signal?.removeEventListener('abort', ring);
  }
}

/** An error only where the store did not answer. */
async function look(id: string, reads: ReadStore): Promise<JobRecord | WarrenError | undefined> {
  try {
    const [record] = await reads.get([id]);
    return record;
  } catch (error) {
    if (isWarrenError(error, 'WARREN_STORE_UNAVAILABLE')) return error;
    throw error;
  }
}

/** Heard by whoever asked for the next ring before it rang. */
class Bell {
  private hear: () => void = () => undefined;

  next(): Promise<void> {
    return new Promise((resolve) => (this.hear = resolve));
  }

  ring(): void {
    this.hear();
  }
}

function tooLate(id: string, timeoutMs: number, seen: JobRecord | WarrenError): WarrenError {
  const state = seen instanceof WarrenError ? 'unknown, as the job store does not answer' : seen.state;
  return new WarrenError(
    'WARREN_RESULT_TIMEOUT',
    `Job ${JSON.stringify(id)} did not end in ${formatDuration(timeoutMs)}; its state is ${state}. The job goes on: ask again, or give a longer timeout.`,
    { details: { id, state }, ...(seen instanceof WarrenError && { cause: seen }) },
  );
}
