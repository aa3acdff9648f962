/** For tools: what an operator can do, without Nest. */
export {
  changeJobs,
  selectJobs,
  type BulkFailure,
  type BulkProgress,
  type BulkResult,
  type BulkWork,
  type FindsJobs,
  type JobSelection,
} from './operate/bulk-jobs.js';
export type { DeadLetterGroup } from './operate/dead-letter-groups.js';
export { chooser as deadLetterChooser, type DeadLetterFilter } from './operate/dead-letter-selection.js';
export {
  DeadLetters,
  type DeadLetter,
  type DeadLetterParts,
  type DeadLetterSelection,
  type DeadLetterWork,
} from './operate/dead-letters.js';
export type { OverviewOptions, QueueSummary } from './operate/queue-overview.js';
export type { PurgeOptions, PurgeResult } from './operate/queue-purge.js';
export type { BrokerObject } from './ports/broker-operations.js';
export { Jobs, type FoundJobs, type JobCounts, type JobsParts, type StateCounts } from './operate/jobs.js';
export type { Job, JobAttempt, JobCancellation, JobLine } from './operate/job-view.js';
export { Schedules, type SchedulesParts } from './operate/schedules.js';
export type { Schedule } from './operate/schedule-view.js';
export { findingLines } from './operate/finding-lines.js';
export { Topology, type TopologyParts, type TopologyReport } from './operate/topology.js';
export type { Finding, FindingLevel, QueueNeeds } from './ports/finding.js';
export { JobTypes, type JobTypesParts } from './operate/job-types.js';
export type { QueueView, SettingOrigin, SettingView } from './operate/queue-view.js';
export { Queues, type DrainOptions, type QueuesParts } from './operate/queues.js';
export { SettingsDoor, type SettingHold, type SettingsDoorParts } from './operate/settings-door.js';
export { createWorkers, type WorkerView, type Workers, type WorkersParts } from './operate/workers.js';
