import type { ChannelModel } from 'amqplib';
import { WarrenError } from '../../kernel/errors/index.js';
import { can, type VersionNumbers } from './capabilities.js';

/** What the server says it is. */
export interface BrokerVersion extends VersionNumbers {
  readonly text: string;
}

/** Before the first connect. */
export const UNKNOWN_VERSION: BrokerVersion = { text: '', major: 0, minor: 0, patch: 0 };

export function brokerVersion(model: ChannelModel): BrokerVersion {
  const { version } = model.connection.serverProperties as { readonly version?: unknown };
  return parseVersion(typeof version === 'string' ? version : 'unknown');
}

/** `4.3.0-rc.1` -> 4, 3, 0; what is no number is 0. */
export function parseVersion(text: string): BrokerVersion {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return { text, major, minor, patch };
}

/** Whether the delay ladder works there. A server that names no version may be new. */
export function isSupported(version: BrokerVersion): boolean {
  return version.major === 0 || can(version, 'delayLadder');
}

/** @throws WarrenError WARREN_CONFIGURATION for a server that is too old. */
export function requireVersion(version: BrokerVersion): void {
  if (isSupported(version)) return;
  throw new WarrenError('WARREN_CONFIGURATION', `${tooOld(version)} Upgrade the broker.`, {
    details: { version: version.text },
  });
}

export function tooOld({ text }: BrokerVersion): string {
  return `RabbitMQ ${text} is too old: Warren needs 3.10 or newer (message TTL and at-least-once dead-lettering of quorum queues).`;
}
