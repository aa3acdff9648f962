import type { LogFields } from '../kernel/logger.js';
import type { JobMoment, MomentOf } from './moments.js';

/** What a line about a job says, in values: for logs that are searched by field. Never payloads, results or messages. */
export function jobFields(moment: JobMoment): LogFields {
  const { jobId, type: jobType, queue, attempt, correlationId } = moment;
  return {
    jobId,
    jobType,
    queue,
    attempt,
    ...(correlationId !== undefined && { correlationId }),
    ...('durationMs' in moment && { durationMs: moment.durationMs }),
    outcome: moment.kind === 'retryScheduled' ? 'retry' : moment.kind,
    ...('error' in moment && { errorName: moment.error.name }),
  };
}

/** Of a message that is no job. */
export function refusedFields({ messageId, queue, error }: MomentOf<'refused'>): LogFields {
  return {
    ...(messageId !== undefined && { jobId: messageId }),
    queue,
    outcome: 'refused',
    errorName: error.name,
  };
}
