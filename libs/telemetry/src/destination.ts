import { hostname } from 'node:os';
import type { Warren } from 'nestjs-warren/standalone';
import { ATTRIBUTES } from './attributes.js';

/** Where the jobs of a connection go, in the words of OpenTelemetry's conventions for messaging. */
export interface Destination {
  /** `messaging.system`. */
  readonly system: string;
  /** `exchange:routing key`. */
  producer(queue: string): string;
  /** `exchange:routing key:queue`. */
  consumer(queue: string): string;
  /** The same for all spans of the connection. */
  readonly attributes: Readonly<Record<string, string | number>>;
}

/**
 * Jobs of a queue go through one exchange by the name of the queue. Those with a delay take other exchanges on their
 * way; the destination stays the one where they end.
 */
export function destinationOf({ settings }: Warren, connection: string): Destination {
  const { app, broker } = settings;
  const system = broker.kind === 'given' ? broker.broker.kind : broker.kind;
  const producer = (queue: string) => `${app}.jobs:${queue}`;
  return {
    system,
    producer,
    consumer: (queue) => `${producer(queue)}:${app}.q.${queue}`,
    attributes: {
      [ATTRIBUTES.system]: system,
      [ATTRIBUTES.clientId]: `${hostname()}:${process.pid}`,
      [ATTRIBUTES.connection]: connection,
      ...(broker.kind === 'rabbitmq' && serverOf(broker.rabbitmq.urls)),
    },
  };
}

/** Of several addresses, nobody says here which one is in use. */
function serverOf(urls: readonly string[]): Readonly<Record<string, string | number>> {
  const [only] = urls;
  if (only === undefined || urls.length > 1) return {};
  const { hostname: address, port, protocol } = new URL(only);
  return {
    [ATTRIBUTES.serverAddress]: address,
    [ATTRIBUTES.serverPort]: Number(port) || (protocol === 'amqps:' ? 5671 : 5672),
  };
}
