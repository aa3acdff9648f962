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
