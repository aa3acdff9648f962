import type { Clock } from '../kernel/clock.js';

/** Work on many things, no faster than somebody wants it: what it costs must not stop what runs. */
export interface Pace {
  /** Things a second at most. Default: as fast as it goes. */
  readonly rate?: number | undefined;
  /** Ends the work when it aborts; what is done by then stays done. */
  readonly signal?: AbortSignal | undefined;
}

/** Resolves after so many milliseconds, or as soon as the signal aborts. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted || ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.setTimer(ms, done);
    signal?.addEventListener('abort', done);
  });
}

/**
 * Does chunks of work at a rate until one comes out smaller than it might. A chunk grows with the time that one takes,
 * so that a slow walk still reaches the rate.
 * @returns how much was done.
 */
export async function inChunks(
  clock: Clock,
  { rate, signal }: Pace,
  chunk: (limit: number) => Promise<number>,
): Promise<number> {
  if (rate === undefined) return chunk(Infinity);
  let total = 0;
  for (let limit = Math.max(1, Math.ceil(rate)); ;) {
    const startedAt = clock.elapsed();
    const done = await chunk(limit);
    total += done;
    if (done < limit || signal?.aborted) return total;
    const tookMs = clock.elapsed() - startedAt;
    await pause(clock, (done / rate) * 1_000 - tookMs, signal);
    if (signal?.aborted) return total;
    limit = Math.max(1, Math.ceil((rate * Math.max(1_000, tookMs)) / 1_000));
  }
}
