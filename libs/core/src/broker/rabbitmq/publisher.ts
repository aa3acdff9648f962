import type { ChannelModel, ConfirmChannel, Message as AmqpMessage } from 'amqplib';
import type { Message } from '../../job/message.js';
import { Gate } from '../../kernel/gate.js';
import type { RabbitMqSettings } from '../../options/settings.js';
import { isEnded, textOf } from './amqp-errors.js';
import { ChannelRenewal } from './channel-renewal.js';
import { closeChannel, onChannelEnd } from './channel.js';
import { ConfirmWindow, type Pending, type Route } from './confirms.js';
import type { RabbitMqParts } from './parts.js';
import { PublishWriter } from './publish-writer.js';
import * as failed from './publish-errors.js';

/** What the publisher asks about where its publishes go. */
export interface Routing {
  /** Why there is no connection, while there is none. */
  problem(): string;
  /** Whether the queue is still to be declared, so that what is sent now might find none. */
  isUndeclared(route: Route): boolean;
  /** Begins to declare a queue that is gone. False: that is not ours to do. */
  declareAnew(route: Route): boolean;
}

/**
 * Mandatory, persistent, confirmed publishing over whatever channel is up. Publishes wait here while there is none,
 * while their queue is undeclared, or while the broker blocks, up to `publishTimeout`, of which waiting for room and
 * for the confirm is part. One that no queue took goes out a second time when its queue could be declared anew; one that
 * a queue without limits refuses, as it does without a leader, goes out again and again, each time on another channel.
 */
export class Publisher {
  private readonly gate: Gate;
  private readonly window: ConfirmWindow;
  private readonly idleWaiters = new Set<() => void>();
  /**
   * The broker closes the channel over a publish that it cannot take, and does not say over which. Those that were
   * out then go again one at a time, before all others, until the next close shows whose fault it was.
   */
  private readonly suspects = new Set<Pending>();
  /** Those on their second way. */
  private readonly again = new WeakSet<Pending>();
  private readonly renewal: ChannelRenewal;
  /** The connection in use, and who hears of refusals on it. */
  private attached: { readonly model: ChannelModel; readonly onRefused: (why: string) => void } | undefined;
  private channel: ConfirmChannel | undefined;
  private writer: PublishWriter | undefined;
  private isBlocked = false;
  private isClosed = false;
  private refusal: Error | undefined;

  constructor(
    private readonly settings: RabbitMqSettings,
    private readonly parts: RabbitMqParts,
    private readonly routing: Routing,
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
    this.renewal = new ChannelRenewal({
      clock: parts.clock,
      hasSent: () => this.window.hasSent,
      replace: () => this.replace(),
      keep: () => this.sendWaiting(),
    });
  }

  publish(message: Message, route: Route): Promise<void> {
    if (this.isClosed) return Promise.reject(failed.closed(`publish to '${route.queue}'`));
    const { publishTimeoutMs, maxUnconfirmed } = this.settings;
    const sizeBytes = message.body.byteLength;
    const deadlineAt = this.parts.clock.elapsed() + publishTimeoutMs;
    if (this.gate.tryEnter(sizeBytes)) return this.enter(message, route, deadlineAt);
    return this.gate.enter(sizeBytes, publishTimeoutMs).then((isIn) => {
      const isLate = this.parts.clock.elapsed() >= deadlineAt;
      // Room may come in the moment in which those before run out of their time.
      if (isIn && (isLate || this.refusal)) this.leave(sizeBytes);
      if (this.refusal) throw this.refusal;
      if (!isIn || isLate) throw failed.backlog(route, publishTimeoutMs, maxUnconfirmed);
      return this.enter(message, route, deadlineAt);
    });
  }

  /** Takes a new connection into use; sends what waits. `onRefused` hears when the broker closes the channel alone. */
  async attach(model: ChannelModel, onRefused: (why: string) => void): Promise<void> {
    const attached = { model, onRefused };
    this.attached = attached;
    const channel = await model.createConfirmChannel();
    if (this.attached !== attached) return closeChannel(channel);
    // One that was given up counts by numbers of its own.
    const isCurrent = () => this.channel === channel;
    onChannelEnd(channel, ({ why, refusal }) => {
      if (!isCurrent()) return;
      const out = [...this.window.unconfirmed];
      this.detach();
      if (refusal === undefined) return;
      this.accuse(out, why);
      onRefused(why);
    });
    channel.on('return', (message) => isCurrent() && this.returned(message));
    channel.on('ack', ({ deliveryTag, multiple }) => isCurrent() && this.acked(deliveryTag, multiple));
    channel.on('nack', ({ deliveryTag, multiple }) => isCurrent() && this.nacked(deliveryTag, multiple));
    this.writer = new PublishWriter(channel);
    this.channel = channel;
    this.sendWaiting();
  }

  /** The channel is gone: what it had not confirmed waits for the next one. */
  detach(): void {
    this.attached = undefined;
    this.channel = undefined;
    this.renewal.stop();
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

  /** Sends what waits and may go. */
  sendWaiting(): void {
    if (this.isBlocked || this.renewal.isDraining) return;
    for (const pending of this.window.waiting) {
      if (this.suspects.size > 0 && this.window.hasSent) return;
      if (this.routing.isUndeclared(pending.route)) continue;
      if (!this.send(pending)) return;
    }
  }

  /** Fails those that wait for a queue that the broker does not take. */
  refuse(isFor: (route: Route) => boolean, error: Error): void {
    for (const pending of this.window.waiting) {
      // One that went out before may have been accepted: what becomes of it is for the broker to say.
      if (!pending.wasSent && isFor(pending.route)) this.window.fail(pending, error);
    }
  }

  /** There will be no connection: fails all that waits for one. */
  abandon(error: Error): void {
    this.isClosed = true;
    this.refusal = error;
    this.window.failAll(error);
  }

  /** Takes nothing more, and waits for what is on its way, which takes as long as `publishTimeout` at most. The channel ends with its connection. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.gate.held > 0) await new Promise<void>((resolve) => this.idleWaiters.add(resolve));
    this.window.failAll(failed.closed('publish'));
    this.channel = undefined;
    this.renewal.stop();
  }

  private enter(message: Message, route: Route, deadlineAt: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        message,
        route,
        deadlineAt,
        resolve,
        reject,
        isReturned: false,
        wasSent: false,
        isRefused: false,
      };
      this.sendOrHold(pending);
    });
  }

  private sendOrHold(pending: Pending): void {
    const { isBlocked, suspects, renewal, routing } = this;
    const mustWait =
      isBlocked || suspects.size > 0 || renewal.isDraining || routing.isUndeclared(pending.route);
    if (mustWait || !this.send(pending)) this.window.hold(pending);
  }

  /** False when there is no channel to send on. */
  private send(pending: Pending): boolean {
    if (!this.channel || !this.writer) return false;
    try {
      this.writer.publish(pending.route, pending.message);
    } catch (error) {
      // The channel ended in this very moment; its own event will tell.
      if (isEnded(error)) return false;
      // amqplib refuses before sending what does not fit into a frame.
      this.window.fail(pending, failed.unsendable(pending, error));
      return true;
    }
    this.window.markSent(pending);
    return true;
  }

  /** The broker sends back what no queue took, before it confirms it. */
  private returned({ fields: { exchange, routingKey }, properties }: AmqpMessage): void {
    const { messageId } = properties as { messageId?: unknown };
    for (const pending of this.window.unconfirmed) {
      const { route, message, isReturned } = pending;
      if (isReturned || message.messageId !== messageId) continue;
      if (route.routingKey !== routingKey || route.exchange !== exchange) continue;
      pending.isReturned = true;
      return;
    }
  }

  private acked(tag: number, multiple: boolean): void {
    this.window.confirmed(tag, multiple, (pending) => {
      if (pending.isReturned) this.unroutable(pending);
      else pending.resolve();
    });
    this.renewal.settled();
  }

  /** No queue took it. The queue may have been deleted: then it is declared anew, and the publish made once more. */
  private unroutable(pending: Pending): void {
    const mayTry = !this.isClosed && !this.again.has(pending);
    if (!mayTry || !this.routing.declareAnew(pending.route)) {
      pending.reject(failed.unroutable(pending));
      return;
    }
    this.again.add(pending);
    pending.isReturned = false;
    pending.wasSent = false;
    void this.enterAgain(pending);
  }

  private async enterAgain(pending: Pending): Promise<void> {
    const sizeBytes = pending.message.body.byteLength;
    // It left with its confirm.
    const isIn = await this.gate.enter(sizeBytes, pending.deadlineAt - this.parts.clock.elapsed());
    if (isIn && !this.isClosed) return this.sendOrHold(pending);
    if (isIn) this.leave(sizeBytes);
    pending.reject(failed.unroutable(pending));
  }

  private nacked(tag: number, multiple: boolean): void {
    this.window.refused(tag, multiple, (pending) => {
      const mayBeFull = pending.route.fullAt !== undefined;
      if (mayBeFull) pending.reject(failed.nacked(pending));
      this.renewal.ask(mayBeFull ? 'full' : 'refused');
      return !mayBeFull;
    });
    this.renewal.settled();
  }

  private replace(): void {
    const { attached, channel } = this;
    if (!attached || !channel) return;
    this.channel = undefined;
    this.window.channelGone();
    void closeChannel(channel);
    this.attach(attached.model, attached.onRefused).catch((error: unknown) => {
      // A connection that ended brings the next one by itself.
      attached.onRefused(textOf(error));
    });
  }

  private accuse(out: readonly Pending[], why: string): void {
    const [culprit] = out;
    if (culprit && out.length === 1) this.window.fail(culprit, failed.channelClosedOver(culprit, why));
    else for (const pending of out) this.suspects.add(pending);
  }

  private left(pending: Pending): void {
    if (this.suspects.size > 0) {
      this.suspects.delete(pending);
      this.sendWaiting();
    }
    this.leave(pending.message.body.byteLength);
  }

  private leave(sizeBytes: number): void {
    this.gate.leave(sizeBytes);
    if (this.gate.held > 0) return;
    for (const resolve of this.idleWaiters) resolve();
    this.idleWaiters.clear();
  }

  private tooLate(pending: Pending): Error {
    const { publishTimeoutMs } = this.settings;
    if (pending.isRefused) return failed.nacked(pending);
    if (pending.wasSent) return failed.notConfirmed(pending, publishTimeoutMs);
    return failed.notSent(pending, publishTimeoutMs, this.obstacle(pending.route));
  }

  private obstacle(route: Route): string {
    if (this.isBlocked) return 'the broker blocks publishers (memory or disk alarm)';
    const isUnanswered = this.channel !== undefined && this.routing.isUndeclared(route);
    return isUnanswered ? 'the broker does not answer the declaration of the queue' : this.routing.problem();
  }
}
