export { bootstrapWorker } from './bootstrap-worker.js';
export { Enqueue, type EnqueueFn } from './decorators/enqueue.js';
export { JobHandler } from './decorators/job-handler.js';
export { OnJobEvent, type JobEventKind } from './decorators/on-job-event.js';
export { Scheduled } from './decorators/scheduled.js';
export type {
  EnqueueDecoratorOptions,
  OnJobEventOptions,
  ScheduledOptions,
  ScheduledPayload,
} from './decorators/metadata.js';
export { Ctx, Payload } from './decorators/params.js';
export { JOBS_EXTENSION, type JobsExtension } from './extension.js';
export { JobEvents } from './job-events.js';
export { JobStorage } from './job-storage.js';
export { JobsModule } from './jobs.module.js';
export type { JobsModuleExtras, JobsOptionsFactory } from './module-definition.js';
export { isJobContext } from './params-factory.js';
export {
  InjectJobQueue,
  getJobConnectionToken,
  getJobEventsToken,
  getJobQueueToken,
  getJobStorageToken,
  getJobWorkerToken,
} from './tokens.js';
