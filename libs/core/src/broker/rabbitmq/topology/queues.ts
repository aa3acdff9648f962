import type { QueueSpec } from '../../../ports/broker.js';
import type { TopologyNames } from './names.js';

/** Arguments of queues, as declared. */
export type QueueArguments = Readonly<Record<string, string | number>>;

/**
 * Dead letters are looked at many times, and each look counts as a delivery where the broker counts those; from 4.0
 * on the default limit is 20, after which the message would be dropped.
 */
const NO_DELIVERY_LIMIT = 1_000_000_000;

/** What arms at-least-once dead-lettering: quorum queue, this strategy, reject-publish, a dead-letter exchange. */
const AT_LEAST_ONCE = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };

export function jobQueueArguments(spec: QueueSpec, names: TopologyNames): QueueArguments {
  const common = {
    'x-queue-type': spec.type,
    'x-dead-letter-exchange': names.deadExchange,
    'x-dead-letter-routing-key': spec.name,
    'x-message-ttl': spec.messageTtlMs,
    'x-overflow': spec.overflow === 'drop-oldest' ? 'drop-head' : 'reject-publish',
    ...(spec.maxLength !== undefined && { 'x-max-length': spec.maxLength }),
    ...(spec.maxBytes !== undefined && { 'x-max-length-bytes': spec.maxBytes }),
  };
  return spec.type === 'quorum'
    ? { ...common, 'x-dead-letter-strategy': strategyOf(spec), 'x-delivery-limit': spec.deliveryLimit }
    : common;
}

/**
 * With drop-head RabbitMQ accepts at-least-once and falls back to at-most-once, with a warning in its log. Said
 * outright, so that the arguments tell what happens.
 */
function strategyOf({ overflow }: QueueSpec): string {
  return overflow === 'drop-oldest' ? 'at-most-once' : 'at-least-once';
}

/** Whether a publish can find the queue full. One that drops its oldest takes everything. */
export function refusesWhenFull(spec: QueueSpec | undefined): boolean {
  const isLimited = spec?.maxLength !== undefined || spec?.maxBytes !== undefined;
  return isLimited && spec.overflow === 'reject';
}

/** Drops the oldest when full: a full dead-letter queue must never block. */
export function deadQueueArguments(spec: QueueSpec): QueueArguments {
  return {
    'x-queue-type': spec.type,
    'x-message-ttl': spec.deadLetterTtlMs,
    'x-max-length': spec.deadLetterMaxLength,
    'x-overflow': 'drop-head',
    ...(spec.type === 'quorum' && { 'x-delivery-limit': NO_DELIVERY_LIMIT }),
  };
}

export function delayQueueArguments(
  level: number,
  type: 'quorum' | 'classic',
  nextExchange: string,
): QueueArguments {
  return {
    'x-queue-type': type,
    'x-message-ttl': 2 ** level,
    'x-dead-letter-exchange': nextExchange,
    ...(type === 'quorum' && AT_LEAST_ONCE),
  };
}

/**
 * Hands on at once to a queue that refuses when it is full, and holds what that refuses; RabbitMQ offers it again after three
 * minutes. Quorum whatever the queue is: a classic one would drop what is refused.
 */
export function waitingRoomArguments(target: string, names: TopologyNames): QueueArguments {
  return {
    'x-queue-type': 'quorum',
    'x-message-ttl': 0,
    'x-dead-letter-exchange': names.jobsExchange,
    'x-dead-letter-routing-key': target,
    ...AT_LEAST_ONCE,
  };
}

/** Signals are of the moment: what a process did not take in this time, or is behind by so much, is dropped. */
const SIGNAL_TTL_MS = 30_000;
const SIGNALS_WAITING = 10_000;
const SIGNAL_BYTES_WAITING = 16 * 1024 * 1024;

/** Classic whatever the default of the virtual host is: no other type can be exclusive. */
export function signalQueueArguments(): QueueArguments {
  return {
    'x-queue-type': 'classic',
    'x-message-ttl': SIGNAL_TTL_MS,
    'x-max-length': SIGNALS_WAITING,
    'x-max-length-bytes': SIGNAL_BYTES_WAITING,
    'x-overflow': 'drop-head',
  };
}

export function unroutableQueueArguments(type: 'quorum' | 'classic'): QueueArguments {
  return { 'x-queue-type': type, ...(type === 'quorum' && { 'x-delivery-limit': NO_DELIVERY_LIMIT }) };
}
