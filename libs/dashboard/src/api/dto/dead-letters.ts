import { ref } from '../../openapi/schemas.js';
import { endpoint } from '../endpoint.js';
import { optional, required } from '../fields.js';
import { listOfText, text, whole, yesOrNo } from '../kinds.js';

const tag = 'dead letters';
const QUEUE = { queue: required(text(), 'Name of the queue.') };

const CHOSEN = {
  ids: optional(listOfText(1_000), 'Ids of jobs. Not together with `all`.'),
  all: optional(yesOrNo, 'True: every dead letter of the queue.'),
};

export const listDeadLetters = endpoint({
  id: 'listDeadLetters',
  method: 'GET',
  path: 'queues/:queue/dead-letters',
  action: 'read',
  tag,
  summary: 'The oldest dead letters of a queue, with their history. Values of secret keys are hidden.',
  params: QUEUE,
  query: { limit: optional(whole(1, 1_000), 'Letters at most. Default 100.') },
  answer: ref('DeadLetters'),
});

export const retryDeadLetters = endpoint({
  id: 'retryDeadLetters',
  method: 'POST',
  path: 'queues/:queue/dead-letters/retry',
  action: 'operate',
  tag,
  summary: 'Returns dead letters to their queue: attempts reset, id kept.',
  params: QUEUE,
  body: CHOSEN,
  answer: ref('Counted'),
});

export const purgeDeadLetters = endpoint({
  id: 'purgeDeadLetters',
  method: 'POST',
  path: 'queues/:queue/dead-letters/purge',
  action: 'operate',
  tag,
  summary: 'Discards dead letters for good.',
  params: QUEUE,
  body: CHOSEN,
  answer: ref('Counted'),
});
