/** The names of an application, one by one; a test pins the list. */
export {
  backoffs,
  custom,
  exponential,
  fixed,
  linear,
  type Backoff,
  type Jitter,
  type PortableBackoff,
} from './kernel/backoff.js';
export type { Duration } from './kernel/duration.js';
export type { RetryAfter } from './kernel/retry-after.js';
export type { LogFields, Logger } from './kernel/logger.js';
export {
  ConfigurationError,
  ERROR_CODES,
  NonRetryableJobError,
  QueueFullError,
  RateLimitedJobError,
  RetryJobError,
  SnoozeJobError,
  WarrenError,
  isWarrenError,
  type ErrorCode,
  type ErrorDescription,
  type RateLimitedOptions,
} from './kernel/errors/index.js';
export type { AttemptRecord } from './job/attempt.js';
export { JobContext } from './job/context.js';
export {
  defineJob,
  type InputOf,
  type JobDefinition,
  type JobDefinitionOptions,
  type OutputOf,
  type PayloadContract,
  type ResultOf,
} from './job/definition.js';
export type { FailureReason } from './job/envelope.js';
export type { KeyedConcurrency, LimitKeyFunction, LimitOptions, RateLimitOptions } from './job/limits.js';
export type { KeepOptions, PolicyOptions, RetentionOptions, Track } from './job/policy.js';
export type { FinalState, JobState } from './job/states.js';
export type { Unique, UniqueConflict, UniqueOptions, UniqueUntil } from './job/unique.js';
export type { ClusterMoment } from './control/carried-moment.js';
export type { EnqueueContext, EnqueueMiddleware, JobMiddleware } from './middleware/types.js';
export type { JobMoment, Moment, MomentKind, MomentOf, ProcessMoment } from './observe/moments.js';
export { BulkEnqueueError, type BulkEntry, type BulkFailure } from './enqueue/bulk.js';
export { JobRef } from './enqueue/job-ref.js';
export type { DeadLetter, DeadLetterSelection, DeadLetters } from './operate/dead-letters.js';
export type { CancelResult } from './operate/job-changes.js';
export type { Job, JobAttempt, JobCancellation, JobLine } from './operate/job-view.js';
export type { Schedule } from './operate/schedule-view.js';
export type { Schedules } from './operate/schedules.js';
export type { FoundJobs, JobCounts, StateCounts } from './operate/jobs.js';
export type { JobTypes } from './operate/job-types.js';
export type { QueueView, SettingOrigin, SettingView } from './operate/queue-view.js';
export type { DrainOptions, Queues } from './operate/queues.js';
export type { SettingHold } from './operate/settings-door.js';
export type { WorkerView, Workers } from './operate/workers.js';
export { findingLines } from './operate/finding-lines.js';
export type { Topology, TopologyReport } from './operate/topology.js';
export type { Finding, FindingLevel } from './ports/finding.js';
export type { Priority, PriorityPolicy } from './job/priority.js';
export type { EnqueueOptions } from './options/enqueue.js';
export type { HandlerOptions } from './options/handler.js';
export type { JobsOptions } from './options/module.js';
export type { CancelOptions, FindPage, FindQuery, ResultOptions } from './options/reading.js';
export type {
  ScheduleConduct,
  ScheduleOptions,
  ScheduleTiming,
  ScheduledEnqueueOptions,
  SchedulesOptions,
} from './options/schedule.js';
export type { QueueOverrides, TypeOverrides } from './options/overrides.js';
export type { QueueOptions } from './options/queue.js';
export type { JobErrorHook } from './options/error-hook.js';
export type { LogOptions } from './options/log.js';
export type { WorkerOptions } from './options/worker.js';
export type { CodeSchedule, Occurrence } from './schedules/definition.js';
export { JobQueue } from './runtime/job-queue.js';
export type { StoreHealth } from './runtime/store-link.js';
export { JobWorker, type HandleOptions } from './runtime/job-worker.js';
export type { BrokerStatus } from './ports/broker.js';
export type { JobStore, StoreFacet, StoreHost, StoreStatus } from './ports/job-store.js';
export { MemoryJobStore, type MemoryJobStoreParts } from './store/memory/index.js';
export {
  Ctx,
  Enqueue,
  InjectJobQueue,
  JOBS_EXTENSION,
  JobEvents,
  JobHandler,
  JobStorage,
  JobsModule,
  OnJobEvent,
  Payload,
  Scheduled,
  bootstrapWorker,
  getJobConnectionToken,
  getJobEventsToken,
  getJobQueueToken,
  getJobStorageToken,
  getJobWorkerToken,
  isJobContext,
  type EnqueueDecoratorOptions,
  type EnqueueFn,
  type JobEventKind,
  type JobsExtension,
  type JobsModuleExtras,
  type JobsOptionsFactory,
  type OnJobEventOptions,
  type ScheduledOptions,
  type ScheduledPayload,
} from './nest/index.js';
