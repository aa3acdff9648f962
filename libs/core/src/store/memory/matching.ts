import type { JobRecord } from '../../ports/job-record.js';
import type { JobQuery } from '../../ports/store-reads.js';

/** Whether a job is what the query asks for, the instants of its creation aside. */
export function matches(job: JobRecord, { states, queue, type, tag, reason }: JobQuery): boolean {
  return (
    (states === undefined || states.includes(job.state)) &&
    (queue === undefined || job.queue === queue) &&
    (type === undefined || (type.endsWith(':') ? job.type.startsWith(type) : job.type === type)) &&
    (tag === undefined || job.tags.includes(tag)) &&
    (reason === undefined || job.reason === reason)
  );
}
