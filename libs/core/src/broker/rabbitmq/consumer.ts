import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { backoffDelayMs, exponential } from '../../kernel/backoff.js';
import type { Timer } from '../../kernel/clock.js';
import { formatDuration } from '../../kernel/duration.js';
import type { Consumption, DeliveryListener } from '../../ports/broker.js';
import { settleOnce, type Settlement, type SettleResult } from '../../ports/delivery.js';
import { textOf } from './amqp-errors.js';
import type { RabbitMqParts } from './parts.js';
import { deliveryCountOf, fromAmqp } from './properties.js';

const REATTACH = exponential({ from: '100ms', to: '30s' });

export interface ConsumerPlan {
  /** Without the application's prefix. */
  readonly queue: string;
  /** As the broker knows it. */
  readonly queueName: string;
  readonly prefetch: number;
  /** Declares the queue anew: it may have been deleted. */
  readonly declare: (model: ChannelModel) => Promise<void>;
  /** The connection to use, while there is one. */
  readonly currentModel: () => ChannelModel | undefined;
}

/**
 * The consumer of one queue on a channel of its own: detached -> attached -> (lost ->) detached ... -> stopped. Each
 * attachment is an incarnation. It ends by an error or the close of its channel, by the end of the connection, or by
 * a null message (queue deleted, node gone, delivery timed out); then the listener is told, and unless the
 * connection is gone the next incarnation begins after a backoff.
 */
export class QueueConsumer implements Consumption {
  private incarnation = 0;
  private channel: Channel | undefined;
  private consumerTag: string | undefined;
  private isStopped = false;
  private failures = 0;
  private retry: Timer | undefined;

  constructor(
    private readonly plan: ConsumerPlan,
    private readonly listener: DeliveryListener,
    private readonly parts: RabbitMqParts,
  ) {}

  get queue(): string {
    return this.plan.queue;
  }

  get isAttached(): boolean {
    return this.consumerTag !== undefined;
  }

  /** Begins an incarnation. A failure is tried again in the background and thrown for the first caller. */
  async attach(model: ChannelModel): Promise<void> {
    if (this.isStopped || this.channel) return;
    try {
      await this.plan.declare(model);
      await this.open(model);
      this.failures = 0;
    } catch (error) {
      this.again(error);
      throw error;
    }
  }

  /** The connection is gone; `attach` comes with the next one. */
  connectionGone(why: string): void {
    this.retry?.cancel();
    this.lose(this.channel, why);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.retry?.cancel();
    const { channel, consumerTag } = this;
    this.consumerTag = undefined;
    if (channel && consumerTag !== undefined) await channel.cancel(consumerTag).catch(() => undefined);
  }

  /** Ends the channel after what was settled on it has been sent. */
  async close(): Promise<void> {
    await this.stop();
    const { channel } = this;
    this.channel = undefined;
    await channel?.close().catch(() => undefined);
  }

  private async open(model: ChannelModel): Promise<void> {
    const channel = await model.createChannel();
    const { plan, parts } = this;
    this.incarnation += 1;
    const { incarnation } = this;
    this.channel = channel;
    let why = 'its channel closed';
    channel.on('error', (error) => (why = textOf(error)));
    channel.on('close', () => this.lostAndAgain(channel, why));
    await channel.prefetch(plan.prefetch);
    if (this.channel !== channel) throw new Error(why);
    // The first deliveries may come in the same packet as the answer.
    this.listener.onAttached?.(incarnation);
    const { consumerTag } = await channel.consume(plan.queueName, (message) => {
      if (message) parts.detached(() => this.deliver(message, channel, incarnation));
      else this.lostAndAgain(channel, 'the broker cancelled the consumer');
    });
    if (this.channel !== channel) throw new Error(why);
    this.consumerTag = consumerTag;
    if (this.isStopped) await this.stop();
  }

  private deliver(raw: ConsumeMessage, channel: Channel, incarnation: number): void {
    const message = fromAmqp(raw);
    this.listener.onDelivery({
      message,
      queue: this.plan.queue,
      redelivered: raw.fields.redelivered,
      deliveryCount: deliveryCountOf(message.headers),
      incarnation,
      settlement: this.settlementOf(raw, channel),
    });
  }

  private settlementOf(raw: ConsumeMessage, channel: Channel): Settlement {
    // A tag means nothing on another channel: sent there it would close that channel, and its jobs with it.
    const send = (operation: () => void): SettleResult => {
      if (this.channel !== channel) return 'lost';
      try {
        operation();
        return 'sent';
      } catch {
        // Closing at this very moment.
        return 'lost';
      }
    };
    return settleOnce(
      {
        ack: () => send(() => channel.ack(raw)),
        giveBack: () => send(() => channel.nack(raw, false, true)),
        reject: () => send(() => channel.nack(raw, false, false)),
      },
      `queue ${this.plan.queue}`,
    );
  }

  /** Tells once that this incarnation is over. */
  private lose(channel: Channel | undefined, why: string): boolean {
    if (!channel || this.channel !== channel) return false;
    this.channel = undefined;
    this.consumerTag = undefined;
    this.parts.detached(() => this.listener.onLost(this.incarnation, why));
    return true;
  }

  private lostAndAgain(channel: Channel, why: string): void {
    if (!this.lose(channel, why)) return;
    void channel.close().catch(() => undefined);
    this.again(new Error(why));
  }

  private again(error: unknown): void {
    const { plan, parts } = this;
    if (this.isStopped || !plan.currentModel()) return;
    this.failures += 1;
    const delayMs = backoffDelayMs(REATTACH, this.failures, error, parts.random);
    parts.logger.warn(
      `The consumer of queue '${plan.queue}' ended: ${textOf(error)}. It begins again in ${formatDuration(delayMs)}`,
    );
    this.retry?.cancel();
    this.retry = parts.clock.setTimer(delayMs, () => {
      const model = plan.currentModel();
      // A failure arranges the next try by itself.
      if (model) this.attach(model).catch(() => undefined);
    });
  }
}
