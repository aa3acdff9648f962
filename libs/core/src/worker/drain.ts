import type { Clock } from '../kernel/clock.js';
import type { QueueConsumer } from './queue-consumer.js';
import { within } from '../kernel/within.js';

/** How a worker ends: take nothing new, wait, abort, give back. */
export interface DrainReport {
  /** Attempts that ended by themselves, before or after their signal was aborted. */
  readonly finished: number;
  readonly givenBack: number;
  /** Attempts that went on in spite of it: their jobs run again elsewhere. */
  readonly cut: number;
}

/** Time that handlers have to stop after their signals were aborted by shutdown. */
const ABORT_GRACE_MS = 1_000;

const WHY = 'the worker shuts down';

export async function drain(
  consumers: readonly QueueConsumer[],
  shutdownTimeoutMs: number,
  clock: Clock,
): Promise<DrainReport> {
  const running = consumers.reduce((sum, consumer) => sum + consumer.runningCount, 0);
  await Promise.allSettled(consumers.map((consumer) => consumer.quiet()));
  const idle = Promise.all(consumers.map((consumer) => consumer.idle()));
  let cut = 0;
  if (!(await within(idle, shutdownTimeoutMs, clock))) {
    for (const consumer of consumers) consumer.interruptAll({ kind: 'interrupted', why: WHY });
    if (!(await within(idle, ABORT_GRACE_MS, clock))) {
      cut = consumers.reduce((sum, consumer) => sum + consumer.cutAll(WHY), 0);
    }
  }
  await idle;
  const givenBack = consumers.reduce((sum, consumer) => sum + consumer.givenBack, 0);
  return { finished: Math.max(0, running - cut), givenBack, cut };
}
