import type { BulkEntry } from '../enqueue/bulk.js';
import { submitMany } from '../enqueue/bulk.js';
import type { JobRef } from '../enqueue/job-ref.js';
import type { Submit } from '../enqueue/submit.js';
import type { Duration } from '../kernel/duration.js';
import type { JobDefinition } from '../job/definition.js';
import type { DeadLetters } from '../operate/dead-letters.js';
import type { CancelResult, JobChanges } from '../operate/job-changes.js';
import type { Job } from '../operate/job-view.js';
import type { FoundJobs, JobCounts, Jobs } from '../operate/jobs.js';
import type { JobTypes } from '../operate/job-types.js';
import type { Queues } from '../operate/queues.js';
import type { Schedules } from '../operate/schedules.js';
import type { Topology } from '../operate/topology.js';
import type { Workers } from '../operate/workers.js';
import type { EnqueueOptions } from '../options/enqueue.js';
import type { CancelOptions, FindPage, FindQuery, ResultOptions } from '../options/reading.js';
import type { StoreHealth } from './store-link.js';

export interface JobQueueParts {
  readonly submit: Submit;
  readonly openDeadLetters: (queue: string) => DeadLetters;
  readonly topology: Topology;
  readonly schedules: Schedules;
  readonly remembered: Jobs;
  readonly changes: JobChanges;
  readonly queues: Queues;
  readonly types: JobTypes;
  readonly workers: Workers;
  readonly storeHealth: () => StoreHealth | undefined;
}

/** Where jobs are made: the injectable face. It hands each call on and holds no logic. */
export class JobQueue {
  readonly #make: () => JobQueueParts;
  #made: JobQueueParts | undefined;

  /** Made by `JobsModule`; inject it. `make` is called when the parts are needed first. */
  constructor(make: () => JobQueueParts) {
    this.#make = make;
  }

  private get parts(): JobQueueParts {
    return (this.#made ??= this.#make());
  }

  /** What the broker has against what this application needs: `check()`. */
  get topology(): Topology {
    return this.parts.topology;
  }

  /** What makes jobs at instants: put, list, pause, remove. */
  get schedules(): Schedules {
    return this.parts.schedules;
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
    return this.parts.submit({ job, payload, options });
  }

  /**
   * Makes many jobs, about as fast as the broker takes them. Resolves when it has them all; refs are in the order
   * given.
   * @throws BulkEnqueueError (WARREN_BULK_INCOMPLETE), which lists those that were enqueued and those that failed.
   */
  enqueueMany(jobs: readonly BulkEntry[]): Promise<JobRef[]> {
    return submitMany(this.parts.submit, jobs);
  }

  /**
   * Makes a job and waits for its end: what `enqueue` and then `result` do. Gives what the handler returned, as JSON
   * carried it. A wait that ends early leaves the job as it is.
   * @throws what `enqueue` and `result` throw; before anything is enqueued where it cannot end well: without a store, for
   * wrong options of the wait, and for a job whose end `track` keeps from the store.
   */
  enqueueAndWait<Input, Output, Result>(
    job: JobDefinition<Input, Output, Result>,
    payload: NoInfer<Input>,
    options?: EnqueueOptions,
    wait?: ResultOptions,
  ): Promise<Result>;
  enqueueAndWait(
    job: string,
    payload?: unknown,
    options?: EnqueueOptions,
    wait?: ResultOptions,
  ): Promise<unknown>;
  async enqueueAndWait(
    job: JobDefinition | string,
    payload?: unknown,
    options?: EnqueueOptions,
    wait?: ResultOptions,
  ): Promise<unknown> {
    await this.parts.remembered.requireResults('jobs.enqueueAndWait', wait);
    const ref = await this.parts.submit({ job, payload, options, isAwaited: true });
    return await ref.result(wait);
  }

  /**
   * The job as the job store remembers it; undefined: the store does not know the id (any more).
   * @throws WarrenError WARREN_NO_STORE, WARREN_STORE_UNAVAILABLE; so do all that read.
   */
  get(id: string): Promise<Job | undefined> {
    return this.parts.remembered.get(id);
  }

  /**
   * Jobs that match all that the query says, the newest first, page by page.
   * @throws ConfigurationError for a wrong query; WarrenError WARREN_BAD_CURSOR.
   */
  find(query?: FindQuery, page?: FindPage): Promise<FoundJobs> {
    return this.parts.remembered.find(query, page);
  }

  /** How many jobs are remembered in each state, of all queues and by queue. */
  counts(): Promise<JobCounts> {
    return this.parts.remembered.counts();
  }

  /**
   * Waits for the end of a job, and gives what its handler returned, as JSON carried it. It is told of the end by the
   * store and does not poll.
   * @throws WarrenError WARREN_JOB_FAILED, WARREN_JOB_CANCELLED, WARREN_JOB_NOT_FOUND, WARREN_RESULT_NOT_KEPT;
   * WARREN_RESULT_TIMEOUT after `timeout` (default 30 s); the reason of `signal`.
   */
  result(id: string, options?: ResultOptions): Promise<unknown> {
    return this.parts.remembered.result(id, options);
  }

  /**
   * Runs a job again that has ended, whichever way: with a new message, its attempts counted from 1. Its own deadline
   * goes; ttl and the handler's deadline count from now. The dead letter of a failed job leaves. Resolves with the job
   * when the broker has the message.
   * @throws WarrenError WARREN_JOB_STATE when it has not ended (or somebody retried it before), WARREN_JOB_NOT_FOUND,
   * WARREN_PAYLOAD_NOT_KEPT; WARREN_NOT_REPUBLISHED when the broker does not take the message: the job is then
   * `enqueue_failed`, and can be retried. WARREN_NOT_UNIQUE when another job holds its unique key by now, with that
   * one's id in `details.id`. WARREN_NO_STORE, WARREN_STORE_UNAVAILABLE; so do the next three.
   */
  retry(id: string): Promise<Job> {
    return this.parts.changes.retry(id);
  }

  /**
   * Moves a job that waits for its time (scheduled or retrying) to another: a Date, or a duration from now; one that has
   * passed means now. It keeps its id, its attempts and its own deadline. Resolves with the job as it is then, when the
   * broker has its new message; the old one leaves unseen.
   * @throws ConfigurationError for what is no time; WarrenError WARREN_JOB_STATE, WARREN_JOB_NOT_FOUND,
   * WARREN_PAYLOAD_NOT_KEPT, WARREN_NOT_REPUBLISHED, WARREN_NO_STORE, WARREN_STORE_UNAVAILABLE.
   */
  reschedule(id: string, at: Date | Duration): Promise<Job> {
    return this.parts.changes.reschedule(id, at);
  }

  /**
   * Makes a job due now that is scheduled or retrying; it goes on with the attempt that it waited for, its deadline as
   * it was. Resolves with the job when the broker has its new message; the one on its way leaves unseen.
   * @throws WarrenError WARREN_JOB_STATE when it is in another state, and as `retry`.
   */
  runNow(id: string): Promise<Job> {
    return this.parts.changes.runNow(id);
  }

  /**
   * Ends a job that waits: it is `cancelled`, will not run, and its message leaves unseen. Gives `cancelled`, also
   * where it was before; `cancelling` for a job that runs, which ends `cancelled` when its handler does, unless that
   * completes it; `ended` for one that has ended otherwise.
   * @throws ConfigurationError for wrong options; WarrenError WARREN_JOB_NOT_FOUND.
   */
  cancel(id: string, reasonOrOptions?: string | CancelOptions): Promise<CancelResult> {
    return this.parts.changes.cancel(id, reasonOrOptions);
  }

  /**
   * Makes the job store forget a job that does not run. Its message leaves unseen until a day after it was due at
   * least; its dead letter stays where it is. Resolves with the job as it was.
   * @throws WarrenError WARREN_JOB_STATE for a job that runs, WARREN_JOB_NOT_FOUND.
   */
  discard(id: string): Promise<Job> {
    return this.parts.changes.discard(id);
  }

  /** Queues while jobs run: `pause`, `resume`, `drain`, `configure`, `reset`, `view`. */
  get queues(): Queues {
    return this.parts.queues;
  }

  /** Jobs of a type, in whatever queue: `pause`, `resume`, `drain`, `configure`, `reset`, `paused`. */
  get types(): JobTypes {
    return this.parts.types;
  }

  /** The workers that are there: `workers()` lists them, `workers.quiet(id)` makes one take nothing new. */
  get workers(): Workers {
    return this.parts.workers;
  }

  /** How the job store does; undefined: there is none. */
  get store(): StoreHealth | undefined {
    return this.parts.storeHealth();
  }

  /** The dead letters of a queue: list, requeue, purge. */
  deadLetters(queue: string): DeadLetters {
    return this.parts.openDeadLetters(queue);
  }
}
