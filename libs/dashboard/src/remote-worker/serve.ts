import type { JobContext, JobWorker } from 'nestjs-warren';
import { WarrenError } from 'nestjs-warren';
import type { RemoteType } from '../options.js';
import { RemoteDesk } from './desk.js';

/** Makes the desk the handler of all types that are served, before boot has ended. */
export function serveRemoteTypes(
  types: readonly (string | RemoteType)[],
  worker: JobWorker,
): RemoteDesk | undefined {
  if (types.length === 0) return undefined;
  const served = types.map((said) => (typeof said === 'string' ? { type: said } : said));
  const queues = [...new Set(served.map(queueOf))];
  const desk = new RemoteDesk(worker, queues);
  for (const said of served) {
    const { type, ...options } = said;
    const place = `JobsApiModule: remote type '${type}'`;
    worker.handle(patternOf(type), (job: JobContext) => desk.run(job), { ...options, place, onDemand: true });
  }
  return desk;
}

/** `py:*` is how people write the prefix `py:`. */
function patternOf(type: string): string {
  return type === '*' ? '' : type.replace(/:\*$/, ':');
}

/** As handlers have it: its own, else the part of the type before the first colon. */
function queueOf({ type, queue }: RemoteType): string {
  const pattern = patternOf(type);
  const colon = pattern.indexOf(':');
  return queue ?? (colon > 0 ? pattern.slice(0, colon) : 'default');
}

export function noRemoteTypes(): WarrenError {
  return new WarrenError(
    'WARREN_QUEUE_NOT_FOUND',
    "This API serves no types to remote workers. Name them: JobsApiModule.forRoot({ remoteTypes: ['py:*'] }).",
  );
}
