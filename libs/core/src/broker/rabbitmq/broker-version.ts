import type { ChannelModel } from 'amqplib';
import { WarrenError } from '../../kernel/errors/index.js';

/** What the server says it is, as `major.minor.patch`. */
export interface BrokerVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

/** Before the first connect. */
export const UNKNOWN_VERSION: BrokerVersion = { text: '', major: 0, minor: 0 };

export function brokerVersion(model: ChannelModel): BrokerVersion {
  const { version } = model.connection.serverProperties as { readonly version?: unknown };
  const text = typeof version === 'string' ? version : 'unknown';
  const [major = 0, minor = 0] = text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return { text, major, minor };
}

/**
 * Message TTL and at-least-once dead-lettering of quorum queues, on which the delay ladder stands, came with 3.10
 * (RabbitMQ documentation, "Quorum Queues").
 * @throws WarrenError WARREN_CONFIGURATION below that.
 */
export function requireVersion({ text, major, minor }: BrokerVersion): void {
  if (major > 3 || (major === 3 && minor >= 10) || major === 0) return;
  throw new WarrenError(
    'WARREN_CONFIGURATION',
    `RabbitMQ ${text} is too old: Warren needs 3.10 or newer (message TTL and at-least-once dead-lettering of quorum queues). Upgrade the broker.`,
    { details: { version: text } },
  );
}
