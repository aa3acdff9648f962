import type { JobState } from '../job/states.js';
import type { ResultOptions } from '../options/reading.js';

declare const RESULT: unique symbol;

/** What a ref asks about its job. */
export interface JobLookup {
  state(id: string): Promise<JobState | undefined>;
  /** Waits for the end of a job that was enqueued: its record may be on its way to the store. */
  resultOfEnqueued(id: string, options?: ResultOptions): Promise<unknown>;
}

const ITS_OWN = { deduplicated: false };

/** Handle of a job that the broker has. */
export class JobRef<Result = unknown> {
  /** For the compiler only; never there at run time. */
  declare readonly [RESULT]?: Result;
  /** The enqueue made no job, as this one held its unique key. */
  readonly deduplicated: boolean;
  readonly #lookup: JobLookup;

  constructor(
    readonly id: string,
    readonly type: string,
    readonly queue: string,
    lookup: JobLookup,
    { deduplicated }: { readonly deduplicated: boolean } = ITS_OWN,
  ) {
    this.deduplicated = deduplicated;
    this.#lookup = lookup;
  }

  /**
   * Where the job stands; undefined: the job store does not know it (any more).
   * @throws WarrenError WARREN_NO_STORE, WARREN_STORE_UNAVAILABLE.
   */
  state(): Promise<JobState | undefined> {
    return this.#lookup.state(this.id);
  }

  /**
   * Waits for the end of the job, and gives what its handler returned, as JSON carried it.
   * @throws WarrenError as `JobQueue.result`; ConfigurationError where `track` keeps the end of the job from the store.
   */
  result(options?: ResultOptions): Promise<Result> {
    return this.#lookup.resultOfEnqueued(this.id, options) as Promise<Result>;
  }
}
