import { WarrenError } from '../kernel/errors/index.js';
import type { Clock } from '../kernel/clock.js';
import type { CancelOptions } from '../options/reading.js';
import type { Broker } from '../ports/broker.js';
import type { JobStore } from '../ports/job-store.js';

/** Drops what waits in a queue, at the broker first: a job whose message is gone would seem to wait for ever. */

export interface PurgeOptions extends CancelOptions {
  /** Ends it when it aborts, behind the broker's part. */
  readonly signal?: AbortSignal;
  /** After each page of jobs that were marked in the store. Must not throw. */
  readonly onCancelled?: (count: number) => void;
}

export interface PurgeResult {
  /** Messages that the broker dropped. */
  readonly dropped: number;
  /** Jobs that the store knew as waiting there, and that are cancelled now. */
  readonly cancelled: number;
}

export interface PurgeParts {
  readonly broker: Broker;
  readonly store: JobStore | undefined;
  readonly clock: Clock;
  readonly cancel: (id: string, options: CancelOptions) => Promise<unknown>;
}

const PAGE = 200;

export async function purgeQueue(
  { broker, store, clock, cancel }: PurgeParts,
  queue: string,
  { signal, onCancelled, ...said }: PurgeOptions,
): Promise<PurgeResult> {
  if (!broker.operations) {
    throw new WarrenError(
      'WARREN_CONFIGURATION',
      `jobs.queues.purge('${queue}'): the broker given (${broker.kind}) cannot empty queues. Give one with the member operations of the port Broker.`,
    );
  }
  const dropped = await broker.operations.purge(queue);
  const reads = store?.reads;
  let cancelled = 0;
  if (!reads) return { dropped, cancelled };
  // Those that are enqueued from now on have a message.
  const query = { queue, states: ['queued'], createdBefore: clock.now() } as const;
  const reason = { reason: 'the queue was purged', ...said };
  let cursor: string | undefined;
  do {
    const page = await reads.find(query, { limit: PAGE, cursor });
    await Promise.all(page.jobs.map(({ id }) => cancel(id, reason)));
    cancelled += page.jobs.length;
    onCancelled?.(cancelled);
    cursor = page.next;
  } while (cursor !== undefined && !signal?.aborted);
  return { dropped, cancelled };
}
