import { createMemoryBroker } from '../broker/memory/index.js';
import { createRabbitMqBroker } from '../broker/rabbitmq/index.js';
import type { Settings } from '../options/settings.js';
import type { Broker } from '../ports/broker.js';

type Parts = Parameters<typeof createRabbitMqBroker>[1];

/** The broker that the options choose. */
export function createBroker(settings: Settings['broker'], parts: Parts): Broker {
  switch (settings.kind) {
    case 'given':
      return settings.broker;
    case 'memory':
      return createMemoryBroker(parts);
    case 'rabbitmq':
      return createRabbitMqBroker(settings.rabbitmq, parts);
  }
}

/**
 * Starts it. Queues with priorities are made known to it at once: operators may meet jobs of theirs before anything is
 * enqueued here, and a broker that does not know the levels of a queue would take all its jobs for normal ones.
 */
export async function startBroker(broker: Broker, { queues }: Pick<Settings, 'queues'>): Promise<void> {
  const specs = queues.listed.map((name) => queues.settingsOf(name).spec);
  const started = broker.start();
  const levelled = specs.filter(({ priorities }) => priorities !== undefined);
  // A refusal is heard by whoever uses the queue.
  const known = Promise.allSettled(levelled.map((spec) => broker.ensureQueue(spec)));
  await started;
  await known;
}
