import { ref } from '../../openapi/schemas.js';
import { endpoint } from '../endpoint.js';
import { optional, required } from '../fields.js';
import { duration, group, json, listOfText, text, whole, yesOrNo } from '../kinds.js';
import { ENQUEUE } from './enqueue.js';

const tag = 'remote workers';
const LEASE = { lease: required(text(100), 'Lease of the job, as `receive` gave it.') };
const LEASE_TIME = optional(
  duration,
  'Time until the next sign of life is due, 1 s to 1 h. Default as the module says.',
);
const OVER = {
  404: 'This process knows no such lease.',
  409: 'The lease is over: drop the job, somebody else has it.',
};

export const sendWork = endpoint({
  id: 'sendWork',
  method: 'POST',
  path: 'work/send',
  action: 'work',
  tag,
  summary: 'Enqueues a job, on behalf of the one that is leased: it gets its correlation id.',
  body: { ...ENQUEUE, lease: optional(text(100), 'Lease of the job that causes this one.') },
  status: 202,
  answer: ref('Accepted'),
  problems: OVER,
});

export const receiveWork = endpoint({
  id: 'receiveWork',
  method: 'POST',
  path: 'work/receive',
  action: 'work',
  tag,
  summary:
    'Takes jobs, and waits for the first. Each is leased: it comes again when nothing is heard of it until then.',
  body: {
    queues: optional(listOfText(100), 'Queues to take from. Default: all that are served.'),
    max: optional(whole(1, 100), 'Jobs at most. Default 1.'),
    wait: optional(duration, 'Longest wait for the first job, 1 s at least. Default 20 s.'),
    lease: LEASE_TIME,
  },
  answer: ref('Received'),
  problems: { 404: 'A queue is not served.', 503: 'The process shuts down.' },
});

export const heartbeatWork = endpoint({
  id: 'heartbeatWork',
  method: 'POST',
  path: 'work/:lease/heartbeat',
  action: 'work',
  tag,
  summary: 'Says that the job goes on: its lease and its timeout begin anew.',
  params: LEASE,
  body: { lease: LEASE_TIME, progress: optional(json, 'How far it is. Any JSON.') },
  answer: ref('Lease'),
  problems: OVER,
});

export const ackWork = endpoint({
  id: 'ackWork',
  method: 'POST',
  path: 'work/:lease/ack',
  action: 'work',
  tag,
  summary: 'The job is done. Answered when that is safe; asked again, it answers the same.',
  params: LEASE,
  body: { result: optional(json, 'What the job leaves. Any JSON.') },
  answer: ref('Settled'),
  problems: OVER,
});

export const failWork = endpoint({
  id: 'failWork',
  method: 'POST',
  path: 'work/:lease/fail',
  action: 'work',
  tag,
  summary: 'The attempt failed. The job is tried again by its backoff while it has attempts.',
  params: LEASE,
  body: {
    error: required(
      group({
        message: required(text(10_000), 'What happened.'),
        name: optional(text(200), 'Kind of the error. Default `RemoteError`.'),
        stack: optional(text(100_000), 'Where.'),
      }),
      'For those who look at the job.',
    ),
    retry: optional(yesOrNo, 'False: not again, whatever attempts are left. Default true.'),
    delay: optional(duration, 'When the next attempt starts, instead of what the backoff says.'),
  },
  answer: ref('Settled'),
  problems: OVER,
});

export const releaseWork = endpoint({
  id: 'releaseWork',
  method: 'POST',
  path: 'work/:lease/release',
  action: 'work',
  tag,
  summary: 'Gives the job back undone. It spends no attempt.',
  params: LEASE,
  body: { delay: optional(duration, 'When it comes again. Default at once.') },
  answer: ref('Settled'),
  problems: OVER,
});
