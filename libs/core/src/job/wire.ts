import { readPortableBackoff } from '../kernel/backoff.js';
import { describeError } from '../kernel/errors/index.js';
import type { AttemptRecord } from './attempt.js';
import {
  FAILURE_REASONS,
  type Death,
  type Envelope,
  type FailureReason,
  type OwnPolicy,
} from './envelope.js';
import type { EncodedPayload, Message } from './message.js';
import {
  LAST_INSTANT,
  Unreadable,
  integer,
  ownHeaders,
  parsed,
  shortly,
  sizeOf,
  text,
} from './read-header.js';
import { recordsOf } from './read-history.js';
import { isJobType } from './type-name.js';

/**
 * Envelope <-> message: the only file that knows header names and versions. docs/wire-format.md is the public
 * page of it; other languages speak it too, so a message with only a body and a type is a valid job.
 */

export const WIRE_VERSION = 1;

const HEADER = {
  version: 'warren-v',
  attempt: 'warren-attempt',
  maxAttempts: 'warren-max-attempts',
  enqueuedAt: 'warren-enqueued-at',
  notBefore: 'warren-not-before',
  deadline: 'warren-deadline',
  timeout: 'warren-timeout',
  ttl: 'warren-ttl',
  backoff: 'warren-backoff',
  unique: 'warren-unique',
  uniqueUntil: 'warren-unique-until',
  generation: 'warren-generation',
  token: 'warren-token',
  parent: 'warren-parent',
  root: 'warren-root',
  error: 'warren-error',
  history: 'warren-history',
  reason: 'warren-reason',
  failedAt: 'warren-failed-at',
  queue: 'warren-queue',
} as const;

/** All of ours begin so; an application's headers may not. */
export const RESERVED_PREFIX = 'warren-';

/**
 * Headers that a broker adds and that must never be published again; and those of other programs that would make
 * RabbitMQ route copies of each attempt.
 */
const BROKER_HEADER = /^(x-(death|first-death-|last-death-|delivery-count|acquired-count|opt-)|B?CC$)/;

/**
 * Headers of other programs at most: with them, history and error must stay below the 64 KiB that amqplib takes, or
 * no outcome of the job could ever be published.
 */
const MOST_FOREIGN_BYTES = 20 * 1024;

const LONGEST_ERROR = 8 * 1024;

/** More than `withAttempt` ever keeps. */
const MOST_HISTORY_BYTES = 20 * 1024;

/** Of a job id, which is an AMQP short string. */
const MOST_ID_BYTES = 255;

/** Attempts and generations: a count that another program wrote must leave room for those to come. */
const MOST_COUNT = 2 ** 31 - 1;

export function toMessage(envelope: Envelope, body: EncodedPayload): Message {
  const headers: Record<string, unknown> = { ...envelope.headers };
  const { own, death, history } = envelope;
  headers[HEADER.version] = WIRE_VERSION;
  headers[HEADER.enqueuedAt] = envelope.enqueuedAt;
  // What readers take for granted: each header is paid by the broker, five in a hundred for these two.
  if (envelope.attempt !== 1) headers[HEADER.attempt] = Math.min(envelope.attempt, MOST_COUNT);
  if (envelope.generation !== 1) headers[HEADER.generation] = Math.min(envelope.generation, MOST_COUNT);
  if (envelope.token !== undefined) headers[HEADER.token] = envelope.token;
  if (envelope.parentId !== undefined) headers[HEADER.parent] = envelope.parentId;
  if (envelope.rootId !== undefined) headers[HEADER.root] = envelope.rootId;
  if (own.maxAttempts !== undefined) headers[HEADER.maxAttempts] = own.maxAttempts;
  if (envelope.notBefore !== undefined) headers[HEADER.notBefore] = envelope.notBefore;
  if (envelope.deadlineAt !== undefined) headers[HEADER.deadline] = envelope.deadlineAt;
  if (own.timeoutMs !== undefined) headers[HEADER.timeout] = own.timeoutMs;
  if (own.ttlMs !== undefined) headers[HEADER.ttl] = own.ttlMs;
  if (own.backoff) headers[HEADER.backoff] = JSON.stringify(own.backoff);
  if (envelope.uniqueKey !== undefined) headers[HEADER.unique] = envelope.uniqueKey;
  if (envelope.uniqueUntil !== undefined) headers[HEADER.uniqueUntil] = envelope.uniqueUntil;
  if (history.length > 0) {
    const last = history[history.length - 1]!.error;
    headers[HEADER.error] = cutBytes(`${last.name}: ${last.message}`);
    headers[HEADER.history] = JSON.stringify(history);
  }
  if (death) {
    headers[HEADER.reason] = death.reason;
    headers[HEADER.failedAt] = death.failedAt;
    headers[HEADER.error] = cutBytes(death.error);
    headers[HEADER.queue] = envelope.queue;
  }
  return {
    body: body.bytes,
    contentType: body.contentType,
    contentEncoding: body.contentEncoding,
    messageId: envelope.id,
    type: envelope.type,
    timestamp: envelope.enqueuedAt,
    appId: envelope.appId,
    correlationId: envelope.correlationId,
    priority: envelope.priority,
    headers,
  };
}

/** The body of a message, to be published again unchanged. */
export function bodyOf(message: Message): EncodedPayload {
  return {
    bytes: message.body,
    contentType: message.contentType ?? 'application/json',
    ...(message.contentEncoding !== undefined && { contentEncoding: message.contentEncoding }),
  };
}

export type ReadMessage =
  { readonly ok: true; readonly envelope: Envelope } | { readonly ok: false; readonly problem: string };

/**
 * The envelope of a message that arrived from `queue`, or what is wrong with it. Never throws. `newId` names jobs
 * of other programs that brought no id.
 */
export function readMessage(message: Message, queue: string, now: number, newId: () => string): ReadMessage {
  try {
    return { ok: true, envelope: envelopeOf(message, queue, now, newId) };
  } catch (error) {
    return { ok: false, problem: describeError(error).message };
  }
}

function envelopeOf(message: Message, queue: string, now: number, newId: () => string): Envelope {
  const { type } = message;
  const headers = ownHeaders(message.headers);
  const version = integer(headers, HEADER.version, 0) ?? WIRE_VERSION;
  if (version !== WIRE_VERSION) {
    throw new Unreadable(
      `header warren-v is ${version}; this worker reads version ${WIRE_VERSION}. Upgrade the workers before the producers.`,
    );
  }
  if (type === undefined || type === '') {
    throw new Unreadable('the message has no type. Set the AMQP property "type" to the job type.');
  }
  if (!isJobType(type)) throw new Unreadable(`the AMQP property "type" is no job type: ${shortly(type)}`);
  const foreign = foreignHeaders(headers);
  const foreignBytes = sizeOf(foreign);
  if (foreignBytes > MOST_FOREIGN_BYTES) {
    throw new Unreadable(
      `its own headers have ${foreignBytes} bytes; at most ${MOST_FOREIGN_BYTES} fit beside Warren's. Put the rest into the body.`,
    );
  }
  // Empty text identifies nothing, and jobs that share it would be taken for one.
  const messageId = message.messageId || undefined;
  return {
    id: messageId ?? newId(),
    type,
    queue,
    attempt: integer(headers, HEADER.attempt, 1, MOST_COUNT) ?? 1,
    enqueuedAt: instant(headers, HEADER.enqueuedAt) ?? sentAt(message) ?? now,
    notBefore: instant(headers, HEADER.notBefore),
    deadlineAt: instant(headers, HEADER.deadline),
    own: ownPolicyOf(headers),
    priority: message.priority,
    uniqueKey: text(headers, HEADER.unique),
    uniqueUntil: text(headers, HEADER.uniqueUntil) === 'started' ? 'started' : undefined,
    generation: integer(headers, HEADER.generation, 1, MOST_COUNT) ?? 1,
    token: text(headers, HEADER.token) || undefined,
    correlationId: message.correlationId,
    parentId: text(headers, HEADER.parent, MOST_ID_BYTES) || undefined,
    rootId: text(headers, HEADER.root, MOST_ID_BYTES) || undefined,
    appId: message.appId,
    headers: foreign,
    history: historyOf(headers),
    death: deathOf(headers),
  };
}

/** The application's own headers: not ours, and not what the broker added on the way. */
export function foreignHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const foreign: Record<string, unknown> = {};
  for (const name in headers) {
    if (!name.startsWith(RESERVED_PREFIX) && isKept(name)) foreign[name] = headers[name];
  }
  return foreign;
}

/** Not the broker's, and no name whose assignment would change what it is assigned to. */
function isKept(name: string): boolean {
  return name !== '__proto__' && !BROKER_HEADER.test(name);
}

function instant(headers: Readonly<Record<string, unknown>>, name: string): number | undefined {
  return integer(headers, name, 0, LAST_INSTANT);
}

/** By the AMQP property, in which programs write whatever they take for time. */
function sentAt({ timestamp }: Message): number | undefined {
  return timestamp !== undefined && timestamp >= 0 && timestamp <= LAST_INSTANT
    ? Math.floor(timestamp)
    : undefined;
}

/**
 * The message of an undecodable delivery as it is kept in the dead letters: its bytes and headers untouched, the
 * reason added.
 */
export function toRejectedMessage(
  message: Message,
  queue: string,
  problem: string,
  failedAt: number,
): Message {
  const headers: Record<string, unknown> = {};
  const given = ownHeaders(message.headers);
  for (const name in given) if (isKept(name)) headers[name] = given[name];
  const reason: FailureReason = 'rejected';
  headers[HEADER.reason] = reason;
  headers[HEADER.failedAt] = failedAt;
  headers[HEADER.error] = cutBytes(problem);
  headers[HEADER.queue] = queue;
  return { ...message, headers };
}

/** That message, back in its queue as it first came. */
export function withoutRejection(message: Message): Message {
  const headers: Record<string, unknown> = {};
  const added: readonly string[] = [HEADER.reason, HEADER.failedAt, HEADER.error, HEADER.queue];
  const given = ownHeaders(message.headers);
  for (const name in given) if (isKept(name) && !added.includes(name)) headers[name] = given[name];
  return { ...message, headers };
}

/** Why and when a message was given up, by its own headers. */
export function deathOf(headers: Readonly<Record<string, unknown>>): Death | undefined {
  const reason = text(headers, HEADER.reason);
  if (reason === undefined || !FAILURE_REASONS.includes(reason as FailureReason)) return undefined;
  return {
    reason: reason as FailureReason,
    failedAt: instant(headers, HEADER.failedAt) ?? 0,
    error: cutBytes(text(headers, HEADER.error, Infinity) ?? ''),
  };
}

function ownPolicyOf(headers: Readonly<Record<string, unknown>>): OwnPolicy {
  const maxAttempts = integer(headers, HEADER.maxAttempts, 1);
  const timeoutMs = integer(headers, HEADER.timeout, 1);
  const ttlMs = integer(headers, HEADER.ttl, 0);
  const backoff = parsed(headers, HEADER.backoff, readPortableBackoff);
  return { maxAttempts, timeoutMs, ttlMs, backoff };
}

function historyOf(headers: Readonly<Record<string, unknown>>): readonly AttemptRecord[] {
  return parsed(headers, HEADER.history, recordsOf, MOST_HISTORY_BYTES) ?? [];
}

function cutBytes(value: string): string {
  if (Buffer.byteLength(value) <= LONGEST_ERROR) return value;
  // Cutting in bytes may split a character; the decoder replaces the stump.
  return Buffer.from(value)
    .subarray(0, LONGEST_ERROR - 3)
    .toString('utf8');
}
