import * as deadLetters from '../api/dto/dead-letters.js';
import * as jobs from '../api/dto/jobs.js';
import * as queues from '../api/dto/queues.js';
import * as schedules from '../api/dto/schedules.js';
import * as types from '../api/dto/types.js';
import * as work from '../api/dto/work.js';
import * as workers from '../api/dto/workers.js';
import type { Endpoint } from '../api/endpoint.js';

/** All that the controllers serve, but the document about it. A test holds it to the routes that there are. */
export const ENDPOINTS: readonly Endpoint[] = [
  jobs,
  queues,
  deadLetters,
  types,
  schedules,
  workers,
  work,
].flatMap((file) => Object.values(file).filter(isEndpoint));

function isEndpoint(value: unknown): value is Endpoint {
  return typeof value === 'object' && value !== null && 'method' in value;
}
