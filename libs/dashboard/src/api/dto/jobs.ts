import { FAILURE_REASONS, JOB_STATES } from 'nestjs-warren/ports';
import { ref } from '../../openapi/schemas.js';
import { endpoint } from '../endpoint.js';
import { optional, required } from '../fields.js';
import { duration, durationOrInstant, instant, oneOf, someOf, text, whole } from '../kinds.js';
import { ENQUEUE } from './enqueue.js';

const tag = 'jobs';
const ID = { id: required(text(1_024), 'Id of the job.') };

export const enqueueJob = endpoint({
  id: 'enqueueJob',
  method: 'POST',
  path: 'jobs',
  action: 'enqueue',
  tag,
  summary: 'Enqueues a job. Answered when the broker has it; `Location` is where to look.',
  body: ENQUEUE,
  status: 202,
  answer: ref('Accepted'),
  problems: {
    409: 'Another job holds its unique key.',
    413: 'The payload is too large.',
    422: 'The payload does not satisfy the definition of the type.',
    429: 'The queue is full.',
  },
});

export const findJobs = endpoint({
  id: 'findJobs',
  method: 'GET',
  path: 'jobs',
  action: 'read',
  tag,
  summary: 'Jobs that match all that is said, the newest first, page by page.',
  query: {
    type: optional(text(), 'A type, or a prefix that ends in a colon: `email:`.'),
    queue: optional(text(), 'Queue that the job waits or waited in.'),
    state: optional(someOf(...JOB_STATES), 'States, separated by commas.'),
    tag: optional(text(), 'One of the tags given at enqueue.'),
    reason: optional(oneOf(...FAILURE_REASONS), 'Why a failed job failed.'),
    createdAfter: optional(instant, 'Enqueued at or after.'),
    createdBefore: optional(instant, 'Enqueued before.'),
    limit: optional(whole(1, 1_000), 'Jobs at most. Default 50.'),
    cursor: optional(text(4_096), '`next` of the page before.'),
  },
  answer: ref('FoundJobs'),
});

export const countJobs = endpoint({
  id: 'countJobs',
  method: 'GET',
  path: 'counts',
  action: 'read',
  tag,
  summary: 'How many jobs are remembered in each state, of all queues and by queue.',
  answer: ref('Counts'),
});

export const getJob = endpoint({
  id: 'getJob',
  method: 'GET',
  path: 'jobs/:id',
  action: 'read',
  tag,
  summary: 'A job with its attempts and lines. Values of secret keys are hidden.',
  params: ID,
  answer: ref('Job'),
});

export const waitForResult = endpoint({
  id: 'waitForResult',
  method: 'GET',
  path: 'jobs/:id/result',
  action: 'read',
  tag,
  summary: 'Waits for the end of a job, and says how it stands by then: `ended` says whether it has.',
  params: ID,
  query: { wait: optional(duration, 'Longest wait. Default 0: it answers at once.') },
  answer: ref('Result'),
});

export const cancelJob = endpoint({
  id: 'cancelJob',
  method: 'POST',
  path: 'jobs/:id/cancel',
  action: 'operate',
  tag,
  summary:
    'Ends a job that waits or runs. `cancelling`: it runs, and is asked to end. `ended`: it had ended before.',
  params: ID,
  body: {
    reason: optional(text(), 'Why; for those who look at the job, and for its handler.'),
    by: optional(text(), 'Who asks for it.'),
  },
  answer: ref('Cancelled'),
});

const ENDED = { 409: 'The job is in another state.' };

export const retryJob = endpoint({
  id: 'retryJob',
  method: 'POST',
  path: 'jobs/:id/retry',
  action: 'operate',
  tag,
  summary: 'Runs a job again that has ended, with its attempts counted from 1. Its dead letter leaves.',
  params: ID,
  answer: ref('JobRow'),
  problems: { 409: 'The job has not ended, its payload is not kept, or another job holds its unique key.' },
});

export const runJobNow = endpoint({
  id: 'runJobNow',
  method: 'POST',
  path: 'jobs/:id/run-now',
  action: 'operate',
  tag,
  summary: 'Makes a job due now that is scheduled or waits for its next attempt.',
  params: ID,
  answer: ref('JobRow'),
  problems: ENDED,
});

export const rescheduleJob = endpoint({
  id: 'rescheduleJob',
  method: 'POST',
  path: 'jobs/:id/reschedule',
  action: 'operate',
  tag,
  summary: 'Moves a job to another time that is scheduled or waits for its next attempt.',
  params: ID,
  body: { at: required(durationOrInstant, 'The instant, or the time from now.') },
  answer: ref('JobRow'),
  problems: ENDED,
});

export const discardJob = endpoint({
  id: 'discardJob',
  method: 'POST',
  path: 'jobs/:id/discard',
  action: 'operate',
  tag,
  summary: 'Makes the job store forget a job that does not run. Answers with the job as it was.',
  params: ID,
  answer: ref('JobRow'),
  problems: ENDED,
});
