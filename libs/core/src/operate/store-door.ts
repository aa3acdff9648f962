import { WarrenError } from '../kernel/errors/index.js';
import { isShortText } from '../kernel/short-text.js';
import type { JobStore } from '../ports/job-store.js';
import type { ReadStore } from '../ports/store-reads.js';
import type { RecordStore } from '../ports/store-records.js';

/** The way of those who ask the job store about a job: is there one, is it ready, is that an id, does it know it? */
export interface StoreDoor {
  /** Undefined: nothing remembers jobs. */
  readonly store: JobStore | undefined;
  /** Resolves when the store may be asked. */
  readonly connected: () => Promise<void>;
}

/** @throws WarrenError WARREN_NO_STORE; `feature` is what needs it. */
export async function openStore(
  { store, connected }: StoreDoor,
  feature: string,
): Promise<{ readonly reads: ReadStore; readonly records: RecordStore }> {
  if (!store) throw noStore(feature);
  const { reads, records } = store;
  if (!reads) throw noFacet(feature, store.kind);
  await connected();
  return { reads, records };
}

export function requireId(id: unknown, place: string): string {
  if (isShortText(id)) return id;
  if (typeof id === 'string') throw notFound(id.slice(0, 80));
  throw new WarrenError('WARREN_CONFIGURATION', `${place}(${typeof id}): give the id of a job, as text.`);
}

export function notFound(id: string): WarrenError {
  return new WarrenError(
    'WARREN_JOB_NOT_FOUND',
    `The job store does not know job ${JSON.stringify(id)}: it never heard of it, or its retention is over, or it was discarded. Look at the id, at \`track\` and at \`retention\`.`,
    { details: { id } },
  );
}

function noStore(feature: string): WarrenError {
  return new WarrenError(
    'WARREN_NO_STORE',
    `${feature} needs a job store, and this connection has none, so nothing remembers its jobs. Give one: JobsModule.forRoot({ store: new RedisJobStore({ url }) }).`,
  );
}

function noFacet(feature: string, kind: string): WarrenError {
  return new WarrenError(
    'WARREN_NO_STORE',
    `${feature} needs the facet 'reads', which the job store given (${kind}) does not have. Give a store that has it.`,
  );
}
