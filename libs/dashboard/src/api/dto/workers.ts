import { ref } from '../../openapi/schemas.js';
import { endpoint } from '../endpoint.js';
import { required } from '../fields.js';
import { text } from '../kinds.js';

const tag = 'workers';
const WORKER = { worker: required(text(), 'Id of the worker, or its `host:process id`.') };

export const listWorkers = endpoint({
  id: 'listWorkers',
  method: 'GET',
  path: 'workers',
  action: 'read',
  tag,
  summary: 'Workers that live, with what they run. One that was killed is gone after 15 s.',
  answer: ref('Workers'),
});

export const quietWorker = endpoint({
  id: 'quietWorker',
  method: 'POST',
  path: 'workers/:worker/quiet',
  action: 'operate',
  tag,
  summary: 'Makes one worker take nothing new; what runs goes on.',
  params: WORKER,
  answer: ref('Told'),
});

export const wakeWorker = endpoint({
  id: 'wakeWorker',
  method: 'POST',
  path: 'workers/:worker/wake',
  action: 'operate',
  tag,
  summary: 'Takes `quiet` back.',
  params: WORKER,
  answer: ref('Told'),
});

export const checkTopology = endpoint({
  id: 'checkTopology',
  method: 'GET',
  path: 'topology',
  action: 'read',
  tag,
  summary:
    'What the broker has against what the application needs, each difference with its fix. Changes nothing.',
  answer: ref('Topology'),
});
