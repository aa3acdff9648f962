import type { ChannelModel, ConfirmChannel, Message as AmqpMessage } from 'amqplib';
import type { Message } from '../../job/message.js';
import { WarrenError, type ErrorCode } from '../../kernel/errors/index.js';
import { Gate } from '../../kernel/gate.js';
import type { RabbitMqSettings } from '../../options/settings.js';
import { textOf } from './amqp-errors.js';
import { ConfirmWindow, type Pending } from './confirms.js';
import type { RabbitMqParts } from './parts.js';
import { toBuffer, toPublishOptions } from './properties.js';

export interface Route {
  readonly exchange: string;
  readonly routingKey: string;
  /** For messages. */
  readonly queue: string;
  /** Whether the queue has a length limit, so that a refusal means full. */
  readonly isLimited: boolean;
}

/**
 * Mandatory, persistent, confirmed publishing over whatever channel is up. Publishes wait here while there is none,
 * or while the broker blocks, up to `publishTimeout`, of which waiting for room and for the confirm is part.
 */
export class Publisher {
  private readonly gate: Gate;
  private readonly window: ConfirmWindow;
  private readonly idleWaiters = new Set<() => void>();
  private channel: ConfirmChannel | undefined;
  private isBlocked = false;
  private isClosed = false;

  constructor(
    private readonly settings: RabbitMqSettings,
    private readonly parts: RabbitMqParts,
    private readonly problem: () => string,
  ) {
    this.gate = new Gate(
      { count: settings.maxUnconfirmed, bytes: settings.maxUnconfirmedBytes },
      parts.clock,
    );
    this.window = new ConfirmWindow(
      parts.clock,
      (pending) => this.left(pending),
      (pending) => this.tooLate(pending),
    );
  }

  publish(message: Message, route: Route): Promise<void> {
    if (this.isClosed) return Promise.reject(closed());
    const { publishTimeoutMs } = this.settings;
    const sizeBytes = message.body.byteLength;
    const deadlineAt = this.parts.clock.now() + publishTimeoutMs;
    if (this.gate.tryEnter(sizeBytes)) return this.enter(message, route, sizeBytes, deadlineAt);
    return this.gate.enter(sizeBytes, publishTimeoutMs).then((entered) => {
      if (!entered) throw this.backlog(route);
      if (this.isClosed) {
        this.gate.leave(sizeBytes);
        throw closed();
      }
      return this.enter(message, route, sizeBytes, deadlineAt);
    });
  }

  /** Takes a new connection into use; sends what waits. Ends with its channel: `onGone` hears of that. */
  async attach(model: ChannelModel, onGone: (why: string) => void): Promise<void> {
    const channel = await model.createConfirmChannel();
    let why = 'the channel closed';
    channel.on('error', (error) => (why = textOf(error)));
    channel.on('close', () => {
      if (this.channel !== channel) return;
      this.detach();
      onGone(why);
    });
    channel.on('return', (message) => this.returned(message));
    channel.on('ack', ({ deliveryTag, multiple }) => this.acked(deliveryTag, multiple));
    channel.on('nack', ({ deliveryTag, multiple }) => this.nacked(deliveryTag, multiple));
    this.channel = channel;
    this.sendWaiting();
  }

  /** The channel is gone: what it had not confirmed waits for the next one. */
  detach(): void {
    this.channel = undefined;
    this.isBlocked = false;
    this.window.channelGone();
  }

  block(): void {
    this.isBlocked = true;
  }

  unblock(): void {
    this.isBlocked = false;
    this.sendWaiting();
  }

  /** Waits for what is on its way, then takes nothing more. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.channel && this.window.size > 0)
      await new Promise<void>((resolve) => this.idleWaiters.add(resolve));
    this.window.failAll(closed());
    await this.channel?.close().catch(() => undefined);
  }

  private enter(message: Message, route: Route, sizeBytes: number, deadlineAt: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        ...route,
        message,
        sizeBytes,
        deadlineAt,
        resolve,
        reject,
        tag: undefined,
        isReturned: false,
        isOver: false,
      };
      this.window.add(pending);
      this.send(pending);
    });
  }

  private sendWaiting(): void {
    for (const pending of this.window.unsent()) this.send(pending);
  }

  private send(pending: Pending): void {
    const { channel } = this;
    if (!channel || this.isBlocked) return;
    const { message, exchange, routingKey } = pending;
    try {
      channel.publish(exchange, routingKey, toBuffer(message.body), toPublishOptions(message));
    } catch (error) {
      // amqplib refuses before sending: properties or headers that do not fit into a frame, or a channel that
      // closed in this very moment, which its own event will tell.
      if (this.channel === channel && !isClosing(error))
        this.window.fail(pending, unsendable(pending, error));
      return;
    }
    this.window.sent(pending);
  }

  /** The broker sends it back before it confirms it, as no queue took it. */
  private returned({ fields, properties }: AmqpMessage): void {
    const { exchange, routingKey } = fields;
    const { messageId } = properties as { messageId?: unknown };
    const pending = this.window.findSent(
      (sent) =>
        !sent.isReturned &&
        sent.routingKey === routingKey &&
        sent.exchange === exchange &&
        sent.message.messageId === messageId,
    );
    if (pending) pending.isReturned = true;
  }

  private acked(tag: number, multiple: boolean): void {
    this.window.confirmed(tag, multiple, (pending) => {
      if (pending.isReturned) this.window.fail(pending, unroutable(pending));
      else this.window.succeed(pending);
    });
  }

  private nacked(tag: number, multiple: boolean): void {
    this.window.confirmed(tag, multiple, (pending) => this.window.fail(pending, refused(pending)));
  }

  private left({ sizeBytes }: Pending): void {
    this.gate.leave(sizeBytes);
    if (this.window.size > 0) return;
    for (const resolve of this.idleWaiters) resolve();
    this.idleWaiters.clear();
  }

  private tooLate(pending: Pending): WarrenError {
    const { publishTimeoutMs } = this.settings;
    if (pending.tag === undefined) {
      const why = this.isBlocked ? 'the broker blocks publishers (memory or disk alarm)' : this.problem();
      return failure(
        'WARREN_NOT_CONNECTED',
        pending,
        `was not sent in ${publishTimeoutMs} ms, for want of a connection: ${why || 'not connected yet'}. Check that RabbitMQ runs and is reachable, or raise publishTimeout.`,
      );
    }
    return failure(
      'WARREN_PUBLISH_TIMEOUT',
      pending,
      `was not confirmed in ${publishTimeoutMs} ms; it may or may not have been accepted. Look at the health of the broker; enqueue again with the same id if the handler is idempotent.`,
    );
  }

  private backlog({ queue }: Route): WarrenError {
    const { maxUnconfirmed, publishTimeoutMs } = this.settings;
    return new WarrenError(
      'WARREN_PUBLISH_BACKLOG',
      `A job for queue '${queue}' found no room among ${maxUnconfirmed} unconfirmed publishes in ${publishTimeoutMs} ms. Enqueue more slowly, use enqueueMany, or raise maxUnconfirmed.`,
      { details: { queue, maxUnconfirmed, unconfirmed: this.gate.held } },
    );
  }
}

function unroutable(pending: Pending): WarrenError {
  return failure(
    'WARREN_UNROUTABLE',
    pending,
    'was taken by no queue: it does not exist or is not bound. Declare it.',
  );
}

function refused(pending: Pending): WarrenError {
  return pending.isLimited
    ? failure(
        'WARREN_QUEUE_FULL',
        pending,
        'was refused: the queue holds its maximum. Add workers, raise maxLength, or enqueue later.',
      )
    : failure(
        'WARREN_PUBLISH_REFUSED',
        pending,
        "was refused by the broker (nack), as happens while a queue has no leader. Look at the broker's log; enqueue again.",
      );
}

function unsendable(pending: Pending, error: unknown): WarrenError {
  return failure(
    'WARREN_PAYLOAD_TOO_LARGE',
    pending,
    `cannot be sent: ${textOf(error)}. Its headers must stay below the frame size; put large values into the payload.`,
    error,
  );
}

function closed(): WarrenError {
  return new WarrenError(
    'WARREN_CLOSED',
    'The connection to RabbitMQ is closed for good: nothing is published any more.',
  );
}

function isClosing(error: unknown): boolean {
  return (error as { name?: unknown } | undefined)?.name === 'IllegalOperationError';
}

function failure(code: ErrorCode, { queue, message }: Pending, what: string, cause?: unknown): WarrenError {
  const id = message.messageId === undefined ? 'A message' : `Job ${message.messageId}`;
  const type = message.type === undefined ? '' : ` (${message.type})`;
  return new WarrenError(code, `${id}${type} for queue '${queue}' ${what}`, {
    cause,
    details: { queue, jobId: message.messageId, type: message.type },
  });
}
