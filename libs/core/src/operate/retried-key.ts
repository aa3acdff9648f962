import { readCarried } from '../enqueue/carried.js';
import { hasLetGo } from '../enqueue/reserve.js';
import { WarrenError } from '../kernel/errors/index.js';
import type { JobRecord } from '../ports/job-record.js';
import { KEY_SAFETY_MS, type JobUnique } from '../ports/job-unique.js';

/**
 * The end of a job freed its unique key: one that is to run again takes it first, as its enqueue did. Resolves at once
 * for a job without a key.
 * @throws WarrenError WARREN_NOT_UNIQUE when another job holds it, WARREN_STORE_UNAVAILABLE.
 */
export async function takeKeyAgain(record: JobRecord, unique: JobUnique | undefined): Promise<void> {
  const { id, uniqueKey: key } = record;
  if (key === undefined || !unique) return;
  const hold = { key, holder: id, ttlMs: KEY_SAFETY_MS };
  let { holder } = await unique.reserve(hold);
  if (holder === id) return;
  const other = await unique.holderOf(holder);
  if (other && hasLetGo(other.state, readCarried(record.carried).uniqueUntil ?? 'completed')) {
    await unique.release(key, holder);
    ({ holder } = await unique.reserve(hold));
  }
  if (holder !== id) throw heldByAnother(record, holder);
}

function heldByAnother({ id, type }: JobRecord, holder: string): WarrenError {
  const other = JSON.stringify(holder);
  return new WarrenError(
    'WARREN_NOT_UNIQUE',
    `jobs.retry(${JSON.stringify(id)}): job ${other} holds the unique key of this one (${type}), so it was not retried: both could run at once. Wait until that job frees the key, or end it first: jobs.cancel(${other}).`,
    { details: { id: holder, type } },
  );
}
