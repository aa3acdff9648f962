import { QueueFullError, WarrenError, type ErrorCode } from '../../kernel/errors/index.js';
import { isTooLarge, isTooLargeToEncode, textOf } from './amqp-errors.js';
import type { Pending, Route } from './confirms.js';

/** Every way in which a publish fails, as coded errors that name the job, its queue and the way out. */

/** amqplib refused it before anything was sent. */
export function unsendable(pending: Pending, error: unknown): WarrenError {
  return isTooLargeToEncode(error)
    ? failure(
        'WARREN_PAYLOAD_TOO_LARGE',
        pending,
        'cannot be sent: its properties and headers do not fit into 64 KiB. Put large values into the payload.',
        error,
      )
    : failure(
        'WARREN_CONFIGURATION',
        pending,
        `cannot be sent: ${textOf(error)}. Headers are text, numbers or booleans; id, type and correlation id are text of at most 255 bytes.`,
        error,
      );
}

/** The broker sent it back. */
export function unroutable(pending: Pending): WarrenError {
  return failure(
    'WARREN_UNROUTABLE',
    pending,
    'was taken by no queue: it does not exist or is not bound. Declare it, and check `declare` in the options.',
  );
}

/** The broker answered nack: of a queue without limits again and again, until time was over. */
export function nacked(pending: Pending): WarrenError {
  const { fullAt } = pending.route;
  return fullAt === undefined
    ? failure(
        'WARREN_PUBLISH_REFUSED',
        pending,
        "was refused by the broker (nack) each time until `publishTimeout` was over, as happens while a queue has no leader. Look at the broker's log; enqueue again.",
      )
    : new QueueFullError(named(pending), { ...detailsOf(pending), ...fullAt });
}

/** The broker closed the channel over it. */
export function channelClosedOver(pending: Pending, why: string): WarrenError {
  return isTooLarge(why)
    ? failure(
        'WARREN_PAYLOAD_TOO_LARGE',
        pending,
        `was refused by the broker: ${why}. Put the data into a store and enqueue its key, or raise max_message_size of the broker.`,
      )
    : failure(
        'WARREN_PUBLISH_REFUSED',
        pending,
        `was refused by the broker, which closed the channel over it: ${why}. Check the permissions of the user and that the exchanges exist.`,
      );
}

/** Time was over before it could be sent. */
export function notSent(pending: Pending, timeoutMs: number, why: string): WarrenError {
  return failure(
    'WARREN_NOT_CONNECTED',
    pending,
    `was not sent in ${timeoutMs} ms, for want of a connection: ${why || 'not connected yet'}. Check that RabbitMQ runs and is reachable, or raise publishTimeout.`,
  );
}

/** Time was over before its confirm came. */
export function notConfirmed(pending: Pending, timeoutMs: number): WarrenError {
  return failure(
    'WARREN_PUBLISH_TIMEOUT',
    pending,
    `was not confirmed in ${timeoutMs} ms; it may or may not have been accepted. Look at the health of the broker; enqueue again with the same id if the handler is idempotent.`,
  );
}

/** Time was over before there was room for it. */
export function backlog({ queue }: Route, timeoutMs: number, maxUnconfirmed: number): WarrenError {
  return new WarrenError(
    'WARREN_PUBLISH_BACKLOG',
    `A job for queue '${queue}' found no room among the unconfirmed publishes (at most ${maxUnconfirmed}) in ${timeoutMs} ms. Enqueue more slowly, use enqueueMany, or raise maxUnconfirmed.`,
    { details: { queue, maxUnconfirmed } },
  );
}

export function closed(what: string): WarrenError {
  return new WarrenError(
    'WARREN_CLOSED',
    `${what}: the connection to RabbitMQ is closed for good. Enqueue before the shutdown of the application ends.`,
  );
}

function failure(code: ErrorCode, pending: Pending, what: string, cause?: unknown): WarrenError {
  const text = `${named(pending)} for queue '${pending.route.queue}' ${what}`;
  return new WarrenError(code, text, { cause, details: detailsOf(pending) });
}

function named({ message: { messageId, type } }: Pending): string {
  const id = messageId === undefined ? 'A message' : `Job ${messageId}`;
  return type === undefined ? id : `${id} (${type})`;
}

function detailsOf({ route: { queue }, message }: Pending) {
  return { queue, jobId: message.messageId, type: message.type };
}
