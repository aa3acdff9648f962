import type { RabbitMqSettings } from '../../options/settings.js';
import type { RabbitMqParts } from './parts.js';
import { RabbitMqBroker } from './rabbitmq-broker.js';

export type { RabbitMqParts };

/** The broker port over RabbitMQ; see RabbitMqBroker. */
export function createRabbitMqBroker(settings: RabbitMqSettings, parts: RabbitMqParts): RabbitMqBroker {
  return new RabbitMqBroker(settings, parts);
}
