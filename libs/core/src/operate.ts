/** For tools: what an operator can do, without Nest. */
export {
  DeadLetters,
  type DeadLetter,
  type DeadLetterParts,
  type DeadLetterSelection,
} from './operate/dead-letters.js';
export { Jobs, type FoundJobs, type JobCounts, type JobsParts, type StateCounts } from './operate/jobs.js';
export type { Job, JobAttempt, JobCancellation, JobLine } from './operate/job-view.js';
export { Schedules, type SchedulesParts } from './operate/schedules.js';
export type { Schedule } from './operate/schedule-view.js';
export { findingLines } from './operate/finding-lines.js';
export { Topology, type TopologyParts, type TopologyReport } from './operate/topology.js';
export type { Finding, FindingLevel, QueueNeeds } from './ports/finding.js';
