import { formatDuration } from '../../kernel/duration.js';
import type { BrokerVersion } from './broker-version.js';

/**
 * The delivery acknowledgement timeout: RabbitMQ ends a consumer that holds a delivery for longer, and hands its jobs
 * out again. From 4.3 on a consumer of a quorum queue may ask for another, and classic queues have none (RabbitMQ
 * documentation, "Consumers: Delivery Acknowledgement Timeout").
 */
const DEFAULT_MS = 30 * 60_000;

/** About 24 days: the longest that fits everywhere on the way. */
const LONGEST_MS = 2 ** 31 - 1;

/** Arguments of the consumer. */
export function consumerTimeoutArguments(
  version: BrokerVersion,
  queueType: 'quorum' | 'classic',
  longestHoldMs: number | undefined,
): Record<string, number> {
  if (!isPerConsumer(version) || queueType === 'classic') return {};
  return { 'x-consumer-timeout': Math.min(LONGEST_MS, Math.max(DEFAULT_MS, longestHoldMs ?? LONGEST_MS)) };
}

/** What an operator must know, if this broker cannot be told. */
export function consumerTimeoutWarning(
  version: BrokerVersion,
  queue: string,
  longestHoldMs: number | undefined,
): string | undefined {
  if (isPerConsumer(version)) return undefined;
  if (longestHoldMs !== undefined && longestHoldMs <= DEFAULT_MS) return undefined;
  const [time, setting] =
    longestHoldMs === undefined
      ? ['any time', 'a value above the longest of them']
      : [`up to ${formatDuration(longestHoldMs)}`, `at least ${Math.min(LONGEST_MS, longestHoldMs)}`];
  return (
    `Jobs of queue '${queue}' may take ${time}, but RabbitMQ ${version.text} takes back those that run for longer than its setting ` +
    `consumer_timeout (${formatDuration(DEFAULT_MS)} unless configured): they would run twice. Set consumer_timeout in rabbitmq.conf to ${setting} (milliseconds), or upgrade to 4.3, where Warren sets it by itself.`
  );
}

function isPerConsumer({ major, minor }: BrokerVersion): boolean {
  return major > 4 || (major === 4 && minor >= 3);
}
