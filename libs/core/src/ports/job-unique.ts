import type { JobRecord } from './job-record.js';
import type { ReopenAnswer, Reopening } from './store-records.js';

/**
 * How long after a job is due, or its run had to end, its key is held if no worker tells of its end: a day, for queues
 * that stand still over night.
 */
export const KEY_SAFETY_MS = 86_400_000;

/** A key, who asks for it, and for how long. */
export interface KeyHold {
  readonly key: string;
  /** Id of the job. */
  readonly holder: string;
  readonly ttlMs: number;
}

export interface KeyAnswer {
  /** Id of the job that holds the key now. */
  readonly holder: string;
  /** It was free, and is the asking job's now. */
  readonly isNew: boolean;
}

/** What the pipeline sees of a store's unique keys: calls that are bounded in time and memory. */
export interface JobUnique {
  /**
   * Takes a key, or takes it for longer. An answer that comes too late takes nothing.
   * @throws WarrenError WARREN_STORE_UNAVAILABLE.
   */
  reserve(hold: KeyHold): Promise<KeyAnswer>;
  /** Frees a key, if that job holds it. Never rejects: resolves when it is freed, or to be freed later, or dropped. */
  release(key: string, holder: string): Promise<void>;
  /** What is known of a job that holds a key; undefined: nothing, or the store does not say. Never rejects. */
  holderOf(id: string): Promise<JobRecord | undefined>;
  /**
   * Opens the holder of a key for a new message. An answer that comes when this has given up goes to `onLate`: the job
   * is open then, and its old message will not run.
   * @throws WarrenError WARREN_STORE_UNAVAILABLE.
   */
  reopen(id: string, opening: Reopening, onLate: (answer: ReopenAnswer) => void): Promise<ReopenAnswer>;
}
