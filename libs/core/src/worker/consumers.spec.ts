import { silentLogger } from '../kernel/logger.js';
import type { JobsOptions } from '../options/module.js';
import { resolveOptions } from '../options/resolve.js';
import type { Broker, ConsumeOptions } from '../ports/broker.js';
import { ManualClock } from '../testing/manual-clock.js';
import { createConsumers } from './consumers.js';
import type { ProcessParts } from './process.js';
import { Routes } from './routes.js';

let consumed: Array<ConsumeOptions & { readonly queue: string }>;

/** What a worker with these options asks of its broker. */
async function start(queues: readonly string[], options: JobsOptions): Promise<void> {
  consumed = [];
  const settings = resolveOptions(options, { production: false }, { workerName: 'web-1:42', cores: 4 });
  if (!settings.worker) throw new Error('a worker is meant');
  const broker = {
    consume: (queue: string, { prefetch, priority }: ConsumeOptions) => {
      consumed.push({ queue, prefetch, ...(priority !== undefined && { priority }) });
      return Promise.resolve({ isAttached: true, stop: () => Promise.resolve() });
    },
  } as unknown as Broker;
  const clock = new ManualClock();
  const routes = new Routes([], [], settings.queues);
  const parts = { settings, broker, clock, routes, logger: silentLogger } as unknown as ProcessParts;
  const { worker } = settings;
  const consumers = createConsumers(queues, {
    settings: worker,
    parts,
    tuningOf: (queue) => ({ isHeld: false, concurrency: worker.concurrencyOf(queue) }),
    failed: () => undefined,
  });
  await Promise.all(consumers.map((consumer) => consumer.start()));
}

describe('the consumers of a worker', () => {
  it('are one for each queue without priorities and weights, whose prefetch is its concurrency', async () => {
    await start(['email', 'pdf'], { worker: { concurrency: 5, queues: { pdf: { concurrency: 2 } } } });
    expect(consumed).toEqual([
      { queue: 'email', prefetch: 5 },
      { queue: 'pdf', prefetch: 2 },
    ]);
  });

  it('are one for each level of a queue with priorities, and the others are as ever', async () => {
    await start(['email', 'pdf'], { queues: { email: { priorities: 3 } }, worker: { concurrency: 5 } });
    expect(consumed).toEqual([
      { queue: 'email', prefetch: 10, priority: 2 },
      { queue: 'email', prefetch: 10, priority: 1 },
      { queue: 'email', prefetch: 10, priority: 0 },
      { queue: 'pdf', prefetch: 5 },
    ]);
  });

  it('take for all slots of the worker that their queue may have, where one has a weight', async () => {
    const queues = { critical: { weight: 10 }, bulk: { concurrency: 3 } };
    await start(['critical', 'bulk'], { worker: { concurrency: 8, queues } });
    expect(consumed).toEqual([
      { queue: 'critical', prefetch: 16 },
      { queue: 'bulk', prefetch: 6 },
    ]);
  });
});
