import type { Envelope } from '../job/envelope.js';
import type { Policy } from '../job/policy.js';
import { isFinal } from '../job/states.js';
import { describeError } from '../kernel/errors/index.js';
import type { JobRecord } from '../ports/job-record.js';
import type { JobUnique } from '../ports/job-unique.js';
import { momentOf } from './moment.js';
import { failureOf } from './new-job.js';
import type { SubmitParts } from './parts.js';

export type NotTakenParts = Pick<SubmitParts, 'clock' | 'observers' | 'records'> & {
  /** Undefined: nothing keeps unique keys. */
  readonly unique?: JobUnique | undefined;
};

/** What goes with a message that the broker did not take. */
export interface GoesWithIt {
  /** Undefined: the store is not told. */
  readonly policy: Policy | undefined;
  /** The unique key that the job has taken for this message; undefined: none. */
  readonly key?: string | undefined;
}

/** The broker did not take a message: the store hears of it, its key is freed, observers are told. Never rejects. */
export type NotTaken = (envelope: Envelope, error: unknown, goesWithIt: GoesWithIt) => Promise<void>;

export function createNotTaken({ clock, observers, records, unique }: NotTakenParts): NotTaken {
  return async (envelope, error, { policy, key }) => {
    const described = describeError(error);
    const at = clock.now();
    if (policy) await records?.enqueueFailed(failureOf(envelope, at, described, policy));
    if (key !== undefined && unique) await freeKeyOf(envelope, key, unique);
    observers.tell(momentOf(envelope, at, described));
  };
}

/**
 * Frees the key of a job when that message of it will not run, once the store was told so; unless the job goes on all
 * the same, as a newer message of it is there, or as the broker had taken this one and a worker has begun it.
 */
export async function freeKeyOf(
  message: Pick<Envelope, 'id' | 'generation'>,
  key: string,
  unique: JobUnique,
): Promise<void> {
  const record = await unique.holderOf(message.id);
  if (!record || !goesOn(record, message)) await unique.release(key, message.id);
}

function goesOn({ state, generation }: JobRecord, message: Pick<Envelope, 'generation'>): boolean {
  if (isFinal(state)) return false;
  return generation > message.generation || state === 'active' || state === 'retrying';
}
