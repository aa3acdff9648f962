import type { JobRef } from '../enqueue/job-ref.js';
import type { JobRequest } from '../enqueue/submit.js';
import type { Clock } from '../kernel/clock.js';
import type { Detached } from '../kernel/detached.js';
import type { Logger } from '../kernel/logger.js';
import type { Random } from '../kernel/random.js';
import type { ReadStore } from '../ports/store-reads.js';
import type { ScheduleStore } from '../ports/store-schedules.js';
import type { CodeSchedule } from './definition.js';

/** What the scheduler of a process is made of. */
export interface SchedulerParts {
  readonly store: ScheduleStore;
  /** Undefined: nobody knows whether a job has ended, and each counts as ended. */
  readonly reads: ReadStore | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly detached: Detached;
  /** Of this process, among all of the application. */
  readonly holder: string;
  readonly code: readonly CodeSchedule[];
  readonly removeAfterMs: number;
  readonly enqueue: (request: JobRequest) => Promise<JobRef>;
  readonly cancel: (id: string, reason: string) => Promise<unknown>;
}
