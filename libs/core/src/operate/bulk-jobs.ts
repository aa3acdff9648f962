import { systemClock, type Clock } from '../kernel/clock.js';
import { ConfigurationError, describeError } from '../kernel/errors/index.js';
import type { FindPage, FindQuery } from '../options/reading.js';
import type { FoundJobs } from './jobs.js';
import { pause, type Pace } from './pace.js';

/** One change to many jobs: first which, then each by itself, so that one that fails stops no other. */

/** By id, by what they have in common, or all of them, said in so many words. */
export type JobSelection =
  { readonly ids: readonly string[] } | { readonly query: FindQuery } | { readonly all: true };

/** What is asked: `jobs` of a connection. */
export interface FindsJobs {
  find(query?: FindQuery, page?: FindPage): Promise<FoundJobs>;
}

export interface BulkFailure {
  readonly id: string;
  /** Of an error of Warren's own. */
  readonly code: string | undefined;
  readonly message: string;
}

export interface BulkProgress {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
}

export interface BulkResult extends BulkProgress {
  /** The first hundred. */
  readonly failures: readonly BulkFailure[];
  /** Whether the signal ended it early. */
  readonly isInterrupted: boolean;
}

export interface BulkWork extends Pace {
  /** After each job. Must not throw. */
  readonly onProgress?: (progress: BulkProgress) => void;
  /** For tests. Default: system time. */
  readonly clock?: Clock;
}

const PAGE = 500;
const TOGETHER = 16;
const FAILURES_TOLD = 100;

/**
 * The ids of all jobs that a selection means, in the order in which they were enqueued. They are taken first, so that
 * what the change itself does to the jobs moves none of them in or out; ids alone, as there may be a hundred thousand.
 * @throws ConfigurationError for a selection that says nothing; as `jobs.find`.
 */
export async function selectJobs(
  jobs: FindsJobs,
  selection: JobSelection,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const { ids, query, all } = selection as {
    readonly ids?: readonly string[];
    readonly query?: FindQuery;
    readonly all?: boolean;
  };
  if (ids) return [...new Set(ids)];
  const saysSomething = Object.values(query ?? {}).some((value) => value !== undefined);
  if (!saysSomething && all !== true) {
    throw new ConfigurationError([
      'selectJobs: give { ids }, a { query } that says something, or { all: true } if every job is meant.',
    ]);
  }
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page: FoundJobs = await jobs.find(query ?? {}, {
      limit: PAGE,
      ...(cursor !== undefined && { cursor }),
    });
    for (const { id } of page.jobs) found.push(id);
    cursor = page.next;
  } while (cursor !== undefined && !signal?.aborted);
  return found.reverse();
}

/** Changes each, some at a time, or at the rate asked for. Rejects never: what fails is counted and told. */
export async function changeJobs(
  ids: readonly string[],
  change: (id: string) => Promise<unknown>,
  { rate, signal, onProgress, clock = systemClock }: BulkWork = {},
): Promise<BulkResult> {
  const failures: BulkFailure[] = [];
  const total = ids.length;
  let done = 0;
  let failed = 0;
  let next = 0;
  const startedAt = clock.elapsed();
  const work = async (): Promise<void> => {
    while (next < total && !signal?.aborted) {
      const index = next;
      next += 1;
      if (rate !== undefined) {
        await pause(clock, startedAt + (index / rate) * 1_000 - clock.elapsed(), signal);
        if (signal?.aborted) return;
      }
      const id = ids[index]!;
      try {
        await change(id);
        done += 1;
      } catch (error) {
        failed += 1;
        const { code, message } = describeError(error);
        if (failures.length < FAILURES_TOLD) failures.push({ id, code, message });
      }
      onProgress?.({ done, failed, total });
    }
  };
  await Promise.all(Array.from({ length: Math.min(TOGETHER, total) }, work));
  return { done, failed, total, failures, isInterrupted: done + failed < total };
}
