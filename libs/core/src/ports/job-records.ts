import type {
  Claim,
  ClaimAnswer,
  EnqueueFailure,
  Ending,
  FinishAnswer,
  NewJob,
  Report,
} from './store-records.js';

/**
 * What the pipeline sees of a job store: single calls, bounded in time and memory, which `BatchedRecords` tells the
 * store together.
 */
export interface JobRecords {
  /** Never rejects: resolves when the job is recorded, or kept for later, or dropped. */
  enqueued(job: NewJob): Promise<void>;
  /** As `enqueued`. */
  enqueueFailed(failure: EnqueueFailure): Promise<void>;
  /** Never rejects. Undefined: the store did not answer. The job runs all the same, and its end is told with run 0. */
  claim(claim: Claim): Promise<ClaimAnswer | undefined>;
  /** Never rejects. Undefined: as for `claim`. It is settled all the same, and the store told when it is back. */
  finished(ending: Ending): Promise<FinishAnswer | undefined>;
  /** Without waiting for it. */
  reported(report: Report): void;
}
