/** For programs without Nest: the whole runtime, which tools and scripts start themselves. Loads amqplib, but no Nest. */
export { Warren } from './runtime/warren.js';
export type { WarrenParts } from './runtime/warren-parts.js';
export type { HandlerRegistration } from './worker/handler.js';
export { JobContext } from './job/context.js';
export { NonRetryableJobError, RetryJobError, SnoozeJobError } from './kernel/errors/index.js';
export type { ClusterMoment, JobMomentKind } from './control/carried-moment.js';
export type { HandlerOptions } from './options/handler.js';
export type { JobsOptions } from './options/module.js';
export type { EnqueueOptions } from './options/enqueue.js';
export type { QueueOverrides } from './options/overrides.js';
export type { FindQuery } from './options/reading.js';
export type { ScheduleOptions } from './options/schedule.js';
export type { JobQueue } from './runtime/job-queue.js';
