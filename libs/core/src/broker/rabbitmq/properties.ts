import type { ConsumeMessage, GetMessage, Options } from 'amqplib';
import type { FailureReason } from '../../job/envelope.js';
import type { Message } from '../../job/message.js';

/** Neutral message <-> AMQP properties. */

export function toPublishOptions(message: Message): Options.Publish {
  const { contentType, contentEncoding, messageId, type, appId, correlationId, timestamp, priority } =
    message;
  return {
    persistent: true,
    mandatory: true,
    contentType,
    contentEncoding,
    messageId,
    type,
    appId,
    correlationId,
    priority,
    // AMQP counts whole seconds.
    timestamp: timestamp === undefined ? undefined : Math.floor(timestamp / 1_000),
    headers: withoutBrokerHeaders(message.headers),
  };
}

/**
 * What a broker added on the way and must not get back: 3.x takes old deaths for its own, sees a cycle at the second
 * delay and drops the message; 4.3 would go on from old counts. And what would make it route copies.
 */
export function isBrokerHeader(name: string): boolean {
  return BROKER_HEADER.test(name);
}

const BROKER_HEADER = /^(x-(death|first-death-|last-death-|delivery-count|acquired-count|opt-)|B?CC$)/;

function withoutBrokerHeaders(headers: Message['headers']): Message['headers'] {
  for (const name in headers) {
    if (!BROKER_HEADER.test(name)) continue;
    return Object.fromEntries(Object.entries(headers).filter(([each]) => !BROKER_HEADER.test(each)));
  }
  return headers;
}

export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function fromAmqp({ content, properties }: ConsumeMessage | GetMessage): Message {
  const message: { -readonly [Name in keyof Message]: Message[Name] } = {
    body: content,
    headers: properties.headers ?? {},
  };
  const { contentType, contentEncoding, messageId, type, appId, correlationId, timestamp, priority } =
    properties as unknown as Readonly<Record<string, unknown>>;
  if (typeof contentType === 'string') message.contentType = contentType;
  if (typeof contentEncoding === 'string') message.contentEncoding = contentEncoding;
  if (typeof messageId === 'string' && messageId !== '') message.messageId = messageId;
  if (typeof type === 'string') message.type = type;
  if (typeof appId === 'string') message.appId = appId;
  if (typeof correlationId === 'string') message.correlationId = correlationId;
  if (typeof timestamp === 'number') message.timestamp = timestamp * 1_000;
  if (typeof priority === 'number') message.priority = priority;
  return message;
}

/** How often the broker counts that a message came back without an outcome; 0 where it does not count. */
export function deliveryCountOf(headers: Readonly<Record<string, unknown>>): number {
  const count = headers['x-delivery-count'];
  return typeof count === 'number' ? count : 0;
}

const REASONS: Readonly<Record<string, FailureReason>> = {
  delivery_limit: 'poison',
  expired: 'expired',
  rejected: 'rejected',
  maxlen: 'displaced',
};

/**
 * Why the broker itself dead-lettered a message. Its newest death comes first in the list, and every later hop (a
 * walk through a dead-letter queue is none) would be put before it.
 */
export function brokerReasonOf(headers: Readonly<Record<string, unknown>>): FailureReason | undefined {
  const deaths = headers['x-death'];
  if (!Array.isArray(deaths)) return undefined;
  const { reason } = (deaths[0] ?? {}) as { reason?: unknown };
  return typeof reason === 'string' ? REASONS[reason] : undefined;
}
