import { formatDuration } from '../../kernel/duration.js';
import type { BrokerVersion } from './broker-version.js';
import { can } from './capabilities.js';

/**
 * The delivery acknowledgement timeout: RabbitMQ ends a consumer that holds a delivery for longer, and hands its jobs
 * out again. Where a consumer of a quorum queue may ask for another, classic queues have none (RabbitMQ
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
  if (!can(version, 'timeoutPerConsumer') || queueType === 'classic') return {};
  return { 'x-consumer-timeout': Math.min(LONGEST_MS, Math.max(DEFAULT_MS, longestHoldMs ?? LONGEST_MS)) };
}

export interface TimeoutQuestion {
  readonly queue: string;
  /** Name at the broker. */
  readonly queueName: string;
  readonly vhost: string;
  /** Undefined: any time. */
  readonly longestHoldMs: number | undefined;
  /** `consumer-timeout` of the queue's policy, in milliseconds, where there is one and it is known. */
  readonly policyMs: number | undefined;
}

/** What an operator must know and do, if this broker cannot be told and its own limit is too short. */
export function consumerTimeoutProblem(
  version: BrokerVersion,
  { queue, queueName, vhost, longestHoldMs, policyMs }: TimeoutQuestion,
): { readonly message: string; readonly fix: string } | undefined {
  if (can(version, 'timeoutPerConsumer')) return undefined;
  const grantedMs = policyMs ?? DEFAULT_MS;
  if (grantedMs >= Math.min(longestHoldMs ?? Infinity, LONGEST_MS)) return undefined;
  const [time, setting, ms] =
    longestHoldMs === undefined
      ? ['any time', 'a value above the longest of them', LONGEST_MS]
      : [
          `up to ${formatDuration(longestHoldMs)}`,
          `at least ${Math.min(LONGEST_MS, longestHoldMs)}`,
          longestHoldMs,
        ];
  const limit =
    policyMs === undefined
      ? `its setting consumer_timeout (${formatDuration(DEFAULT_MS)} unless configured)`
      : `consumer-timeout of the queue's policy (${formatDuration(policyMs)})`;
  const byPolicy = can(version, 'timeoutPerQueue')
    ? `, or for this queue: rabbitmqctl set_policy -p '${vhost}' --apply-to queues '${queueName}-timeout' '^${escaped(queueName)}$' '{"consumer-timeout":${Math.min(LONGEST_MS, ms)}}'`
    : '';
  return {
    message: `Jobs of queue '${queue}' may take ${time}, but RabbitMQ ${version.text} takes back those that run for longer than ${limit}: they would run twice.`,
    fix: `Set consumer_timeout in rabbitmq.conf to ${setting} (milliseconds)${byPolicy}; or upgrade to 4.3, where Warren sets it by itself.`,
  };
}

/** A queue's name in the pattern of a policy. */
export function escaped(name: string): string {
  return name.replaceAll('.', String.raw`\.`);
}
