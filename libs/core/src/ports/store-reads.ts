import type { FailureReason } from '../job/envelope.js';
import type { JobState } from '../job/states.js';
import type { JobRecord } from './job-record.js';

export interface ReadStore {
  /** In the order of the ids; undefined for those that are not known. */
  get(ids: readonly string[]): Promise<Array<JobRecord | undefined>>;

  /**
   * Jobs that match all that the query says, the newest first by creation and then by id, the greater first. Walking
   * with `next` meets each job once that is there all the time, whatever comes or goes meanwhile. It looks at a bounded number of jobs a call, so a page may hold
   * fewer than `limit` (or none) and still have a `next`. `limit` is at least 1.
   * @throws WarrenError WARREN_BAD_CURSOR for a cursor that was not made by a store, as far as can be seen.
   */
  find(
    query: JobQuery,
    page: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<JobPage>;

  /** How many of each state, by queue; those that are forgotten do not count, and zeros may be left out. */
  counts(): Promise<
    ReadonlyArray<{ readonly queue: string; readonly state: JobState; readonly count: number }>
  >;

  /**
   * Calls back when a job has come to an end or was discarded (or may have: look), until the returned function is
   * called; calling that twice does no harm. No callback comes for an end before the promise resolved: whoever waits
   * for a job watches first and then gets it. An error that `onEnd` throws reaches nobody.
   */
  watch(id: string, onEnd: () => void): Promise<() => void>;
}

export interface JobQuery {
  /** One of these; an empty list matches nothing. */
  readonly states?: readonly JobState[];
  readonly queue?: string;
  /** Exact, or a prefix that ends in a colon. */
  readonly type?: string;
  readonly tag?: string;
  readonly reason?: FailureReason;
  /** At or after. */
  readonly createdAfter?: number;
  /** Before. */
  readonly createdBefore?: number;
}

export interface JobPage {
  readonly jobs: readonly JobRecord[];
  /** Give it as `cursor` for the next page; undefined: there is none. */
  readonly next: string | undefined;
}

/** Keys that one job at a time holds. */
export interface UniqueStore {
  /**
   * Takes the key for a job, for `ttlMs` at most. Atomic over all processes. The job that holds it already gets it
   * for `ttlMs` from now, and `isNew` is false; so a call may be repeated after an error.
   */
  reserve(
    key: string,
    holder: string,
    ttlMs: number,
  ): Promise<{ readonly holder: string; readonly isNew: boolean }>;
  /** Frees it, if that job still holds it. */
  release(key: string, holder: string): Promise<void>;
}
