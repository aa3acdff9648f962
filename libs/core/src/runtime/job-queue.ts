import type { BulkEntry } from '../enqueue/bulk.js';
import { submitMany } from '../enqueue/bulk.js';
import type { JobRef } from '../enqueue/job-ref.js';
import type { Submit } from '../enqueue/submit.js';
import type { JobDefinition } from '../job/definition.js';
import type { DeadLetters } from '../operate/dead-letters.js';
import type { Topology } from '../operate/topology.js';
import type { EnqueueOptions } from '../options/enqueue.js';

/** Where jobs are made: the injectable face. It hands each call on and holds no logic. */
export class JobQueue {
  private readonly submit: Submit;
  private readonly openDeadLetters: (queue: string) => DeadLetters;
  /** What the broker has against what this application needs: `check()`. */
  readonly topology: Topology;

  /** Made by `JobsModule`; inject it. */
  constructor(parts: {
    readonly submit: Submit;
    readonly openDeadLetters: (queue: string) => DeadLetters;
    readonly topology: Topology;
  }) {
    this.submit = parts.submit;
    this.topology = parts.topology;
    this.openDeadLetters = parts.openDeadLetters;
  }

  /**
   * Makes a job. Resolves when the broker has it safely: from then on it is run at least once, or sits in the dead
   * letters.
   * @throws ConfigurationError for wrong options; WarrenError WARREN_PAYLOAD_INVALID, WARREN_PAYLOAD_NOT_JSON,
   * WARREN_PAYLOAD_TOO_LARGE for the payload; WARREN_NOT_CONNECTED, WARREN_PUBLISH_BACKLOG, WARREN_PUBLISH_TIMEOUT
   * after `publishTimeout`; WARREN_UNROUTABLE, WARREN_QUEUE_FULL (a QueueFullError), WARREN_PUBLISH_REFUSED from the broker;
   * WARREN_CLOSED before boot and after shutdown.
   */
  enqueue<Input, Output, Result>(
    job: JobDefinition<Input, Output, Result>,
    payload: NoInfer<Input>,
    options?: EnqueueOptions,
  ): Promise<JobRef<Result>>;
  enqueue(job: string, payload?: unknown, options?: EnqueueOptions): Promise<JobRef>;
  enqueue(job: JobDefinition | string, payload?: unknown, options?: EnqueueOptions): Promise<JobRef> {
    return this.submit({ job, payload, options });
  }

  /**
   * Makes many jobs, about as fast as the broker takes them. Resolves when it has them all; refs are in the order
   * given.
   * @throws BulkEnqueueError (WARREN_BULK_INCOMPLETE), which lists those that were enqueued and those that failed.
   */
  enqueueMany(jobs: readonly BulkEntry[]): Promise<JobRef[]> {
    return submitMany(this.submit, jobs);
  }

  /** The dead letters of a queue: list, requeue, purge. */
  deadLetters(queue: string): DeadLetters {
    return this.openDeadLetters(queue);
  }
}
