import { ref } from '../../openapi/schemas.js';
import { endpoint } from '../endpoint.js';
import { required } from '../fields.js';
import { text } from '../kinds.js';

const tag = 'types';
const TYPE = { type: required(text(200), 'A type, or a prefix that ends in a colon: `email:`.') };

export const pausedTypes = endpoint({
  id: 'pausedTypes',
  method: 'GET',
  path: 'types/paused',
  action: 'read',
  tag,
  summary: 'Types and prefixes that are paused.',
  answer: ref('Types'),
});

export const pauseType = endpoint({
  id: 'pauseType',
  method: 'POST',
  path: 'types/:type/pause',
  action: 'operate',
  tag,
  summary: 'No worker runs jobs of the type any more; what runs goes on.',
  params: TYPE,
  answer: ref('Held'),
});

export const resumeType = endpoint({
  id: 'resumeType',
  method: 'POST',
  path: 'types/:type/resume',
  action: 'operate',
  tag,
  summary: 'Takes `pause` back: jobs that waited run within a minute.',
  params: TYPE,
  answer: ref('Held'),
});
