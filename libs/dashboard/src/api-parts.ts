import { ConfigurationError, type JobEvents, type JobQueue, type JobWorker } from 'nestjs-warren';
import { OPEN_IN_PRODUCTION, accessPolicy } from './access.js';
import { isProduction } from './environment.js';
import { JOBS_API, requireSound, type JobsApiOptions } from './options.js';
import { redactByKey } from './redact.js';
import { serveRemoteTypes } from './remote-worker/serve.js';
import type { ApiParts } from './tokens.js';

/**
 * What an API is made of, out of its options.
 * @throws ConfigurationError listing every problem, and in production when nobody says who may use it.
 */
export function apiParts(
  options: JobsApiOptions,
  guards: number,
  jobs: JobQueue,
  worker: JobWorker,
  events: JobEvents,
): ApiParts {
  requireSound(options);
  const policy = accessPolicy({ access: options.access, guards }, isProduction());
  if (!policy) throw new ConfigurationError([OPEN_IN_PRODUCTION]);
  const redact = JOBS_API.redact.resolve(options.redact);
  const definitions = JOBS_API.definitions.resolve(options.definitions);
  const desk = serveRemoteTypes(JOBS_API.remoteTypes.resolve(options.remoteTypes), worker);
  if (desk) events.events$.subscribe((moment) => desk.hear(moment));
  return {
    jobs,
    policy,
    redact: redact === false ? (value) => value : redactByKey(redact.keys),
    definitions: new Map(definitions.map((definition) => [definition.type, definition])),
    longestWaitMs: JOBS_API.longestWait.resolve(options.longestWait),
    leaseMs: JOBS_API.lease.resolve(options.lease),
    desk,
  };
}
