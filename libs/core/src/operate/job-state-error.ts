import { isFinal, type JobState } from '../job/states.js';
import { WarrenError } from '../kernel/errors/index.js';

/** What may be asked of a job that is in the right state for it. */
export type Change = 'retry' | 'runNow' | 'reschedule' | 'discard';

const WHAT: Readonly<Record<Change, string>> = {
  retry: 'only a job that has ended can be retried',
  runNow: 'only a job that is scheduled or retrying can be made due now',
  reschedule: 'only a job that is scheduled or retrying can be moved to another time',
  discard: 'a job that runs cannot be discarded',
};

export function stateError(change: Change, id: string, state: JobState): WarrenError {
  return new WarrenError(
    'WARREN_JOB_STATE',
    `jobs.${change}(${JSON.stringify(id)}): the job is ${state}, and ${WHAT[change]}. ${cureOf(change, state)}`,
    { details: { id, state } },
  );
}

function cureOf(change: Change, state: JobState): string {
  if (isFinal(state)) return 'jobs.retry(id) runs it again.';
  switch (state) {
    case 'active':
      return 'It runs: wait for its end, or end it with jobs.cancel(id).';
    case 'queued':
      return change === 'retry'
        ? 'It waits for a worker. If no message of it is there any more, cancel it and retry it then.'
        : 'It waits for a worker: see that one runs and has room.';
    case 'blocked':
      return 'It waits for other jobs.';
    default:
      return 'It waits for its time: jobs.runNow(id) makes it due now.';
  }
}
