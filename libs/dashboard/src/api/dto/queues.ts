import { ref } from '../../openapi/schemas.js';
import { endpoint } from '../endpoint.js';
import { optional, required } from '../fields.js';
import { duration, jsonOf, oneOf, text, whole, yesOrNo } from '../kinds.js';

const tag = 'queues';
const QUEUE = { queue: required(text(), 'Name of the queue.') };
const HELD = ref('Held');

const LIMIT = 'Limit that the broker keeps; it can be lowered only.';

/** Checked in full by `jobs.queues.configure`. */
const OVERRIDES = {
  paused: optional(yesOrNo, 'No worker takes jobs from the queue.'),
  concurrency: optional(whole(1, 65_535), 'Attempts at once from the queue, in each worker.'),
  maxConcurrent: optional(
    jsonOf<number | null>('a number or null', { type: ['number', 'null'] }),
    'Attempts at once over all workers; null: no limit.',
  ),
  rateLimit: optional(
    jsonOf<object | null>('an object or null', { type: ['object', 'null'] }),
    'Starts per time over all workers: `{ "max": 10, "per": "1s" }`; null: no limit.',
  ),
  maxLength: optional(whole(0, Number.MAX_SAFE_INTEGER), LIMIT),
  maxBytes: optional(whole(0, Number.MAX_SAFE_INTEGER), LIMIT),
  overflow: optional(oneOf('drop-oldest'), LIMIT),
  messageTtl: optional(duration, LIMIT),
  deliveryLimit: optional(whole(1, Number.MAX_SAFE_INTEGER), LIMIT),
  deadLetterTtl: optional(duration, LIMIT),
  deadLetterMaxLength: optional(whole(1, Number.MAX_SAFE_INTEGER), LIMIT),
};

export const viewQueue = endpoint({
  id: 'viewQueue',
  method: 'GET',
  path: 'queues/:queue',
  action: 'read',
  tag,
  summary: 'Each setting of a queue with its value and who decided it, and what waits there.',
  params: QUEUE,
  answer: ref('Queue'),
});

export const pauseQueue = endpoint({
  id: 'pauseQueue',
  method: 'POST',
  path: 'queues/:queue/pause',
  action: 'operate',
  tag,
  summary: 'No worker takes jobs from the queue any more; what runs goes on.',
  params: QUEUE,
  answer: HELD,
});

export const resumeQueue = endpoint({
  id: 'resumeQueue',
  method: 'POST',
  path: 'queues/:queue/resume',
  action: 'operate',
  tag,
  summary: 'Takes `pause` back.',
  params: QUEUE,
  answer: HELD,
});

export const drainQueue = endpoint({
  id: 'drainQueue',
  method: 'POST',
  path: 'queues/:queue/drain',
  action: 'operate',
  tag,
  summary: 'Pauses the queue, and waits until no worker runs jobs of it any more.',
  params: QUEUE,
  body: {
    timeout: optional(duration, 'Longest wait, at most `longestWait` of the module, which is the default.'),
  },
  answer: ref('Drained'),
  problems: { 409: 'Some job still runs. The queue stays paused.' },
});

export const configureQueue = endpoint({
  id: 'configureQueue',
  method: 'PATCH',
  path: 'queues/:queue',
  action: 'operate',
  tag,
  summary: 'Sets what is said for the queue, in all processes, until it is reset.',
  params: QUEUE,
  body: OVERRIDES,
  answer: HELD,
  problems: { 409: 'The broker keeps that limit, and it cannot be changed so.' },
});

export const resetQueue = endpoint({
  id: 'resetQueue',
  method: 'POST',
  path: 'queues/:queue/reset',
  action: 'operate',
  tag,
  summary: 'Takes back what was set for the queue at run time: one setting, or all.',
  params: QUEUE,
  body: { key: optional(text(60), 'The setting. Default: all.') },
  answer: HELD,
});
