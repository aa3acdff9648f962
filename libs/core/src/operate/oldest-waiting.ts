import type { ReadStore } from '../ports/store-reads.js';
import { UNFINISHED_KEPT_MS } from '../ports/store-records.js';

/** Instants nearer than this are one. */
const EXACT_MS = 1_000;

/** Pages that hold nothing but have a next one: what expired stands there until somebody looks. */
const MOST_PAGES = 20;

/**
 * When the job that waits longest in a queue was enqueued, to the second; undefined: none waits. A store lists the
 * newest first, so the instant is closed in by halves: some twenty small questions, whatever the number of jobs.
 */
export async function oldestWaiting(
  reads: ReadStore,
  queue: string,
  now: number,
): Promise<number | undefined> {
  const newestBefore = async (createdBefore: number): Promise<number | undefined> => {
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { jobs, next } = await reads.find(
        { queue, states: ['queued'], createdBefore },
        { limit: 1, cursor },
      );
      if (jobs[0]) return jobs[0].createdAt;
      if (next === undefined) return undefined;
      cursor = next;
    }
    return undefined;
  };
  // Nothing was created before `since`, and something at `oldest`.
  let oldest = await newestBefore(now + 1);
  if (oldest === undefined) return undefined;
  for (let since = now - UNFINISHED_KEPT_MS; oldest - since > EXACT_MS;) {
    const middle: number = Math.floor((since + oldest) / 2);
    const found = await newestBefore(middle);
    if (found === undefined) since = middle;
    else oldest = found;
  }
  return oldest;
}
