import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { backoffDelayMs, exponential } from '../../kernel/backoff.js';
import { sleep, type Timer } from '../../kernel/clock.js';
import { formatDuration } from '../../kernel/duration.js';
import type { Consumption, DeliveryListener } from '../../ports/broker.js';
import { sentence, textOf } from './amqp-errors.js';
import { closeChannel, onChannelEnd } from './channel.js';
import { deliveryOf, type DeliveryOrigin } from './delivery.js';
import { doneWithin } from './done-within.js';
import type { RabbitMqParts } from './parts.js';
import { Settler } from './settler.js';

const REATTACH = exponential({ from: '100ms', to: '30s' });

/** An attachment that lasted so long was sound: the backoff begins anew. */
const SOUND_AFTER_MS = 10_000;

/** How long a broker that may be silent is waited for when the consumer ends. */
const ANSWER_LIMIT_MS = 3_000;

export interface ConsumerPlan {
  /** Without the application's prefix. */
  readonly queue: string;
  /** As the broker knows it. */
  readonly queueName: string;
  readonly prefetch: number;
  /** Of the consumer at the broker, which may be of another version after each connect. */
  readonly consumeArguments: () => Record<string, number>;
  /** Declares the queue anew: it may have been deleted. */
  readonly declare: (model: ChannelModel) => Promise<void>;
  /** The connection to use, while there is one. */
  readonly heldModel: () => ChannelModel | undefined;
  /** It was stopped, everything that it took is settled, and its channel is closed. */
  readonly onGone: (consumer: QueueConsumer) => void;
}

/**
 * The consumer of one queue on a channel of its own: detached -> attached -> (lost ->) detached ... -> stopped. Each
 * attachment is an incarnation. Stopped, it keeps its channel until all that it took is settled. It ends by the close of its channel, by the end of the connection, or by a null
 * message (queue deleted, node gone, delivery timed out); then the listener is told. After the end of the connection
 * the next one attaches it again, after all others a backoff does.
 */
export class QueueConsumer implements Consumption {
  private incarnation = 0;
  private channel: Channel | undefined;
  /** Of that channel. */
  private settler: Settler | undefined;
  private attachingTo: ChannelModel | undefined;
  /** Since when the incarnation takes messages; undefined while there is none. */
  private attachedAt: number | undefined;
  private hasStopped = false;
  /** Deliveries of the incarnation that are not settled yet. */
  private unsettled = 0;
  /** Until the broker has answered, deliveries are on their way, which have to go back one by one. */
  private isCancelling = false;
  private closing: Promise<void> | undefined;
  private failures = 0;
  private retry: Timer | undefined;
  /** Of that channel. */
  private onMessage: (raw: ConsumeMessage | null) => void = () => undefined;
  private ahead = 0;
  /** Where a second consumer takes what is wanted ahead: a prefetch is for the consumers that begin after it was set. */
  private aheadOn: Channel | undefined;
  /** Its prefetch. */
  private aheadThere = 0;
  /** Consumers of that kind so far. */
  private aheadCount = 0;
  private isSettingAhead = false;

  constructor(
    private readonly plan: ConsumerPlan,
    private readonly listener: DeliveryListener,
    private readonly parts: RabbitMqParts,
  ) {}

  get queue(): string {
    return this.plan.queue;
  }

  get isStopped(): boolean {
    return this.hasStopped;
  }

  get isAttached(): boolean {
    return this.attachedAt !== undefined && !this.hasStopped;
  }

  /** Begins an incarnation. A failure is tried again in the background and thrown for the first caller. */
  async attach(model: ChannelModel): Promise<void> {
    if (this.hasStopped || this.channel || this.attachingTo === model) return;
    this.attachingTo = model;
    try {
      await this.plan.declare(model);
      if (!this.hasStopped) await this.open(model);
    } catch (error) {
      // When the connection is gone, the next one attaches.
      if (this.plan.heldModel() === model) this.again(textOf(error));
      throw error;
    } finally {
      if (this.attachingTo === model) this.attachingTo = undefined;
    }
  }

  async stop(): Promise<void> {
    this.hasStopped = true;
    this.retry?.cancel();
    const { channel } = this;
    if (channel && this.attachedAt !== undefined) await this.cancel(channel);
    this.leaveIfDone();
  }

  readAhead(count: number): void {
    this.ahead = count;
    // A channel that ends meanwhile is told of elsewhere, and the next one is set anew.
    this.parts.detached(() => void this.setAhead().catch(() => undefined));
  }

  /** Ends the channel after what was settled on it has been sent; the listener hears of no loss. */
  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  private async end(): Promise<void> {
    this.hasStopped = true;
    this.retry?.cancel();
    const { channel } = this;
    this.channel = undefined;
    this.attachedAt = undefined;
    this.settler?.flush();
    if (channel && this.settler) await sleep(this.parts.clock, this.settler.restMs);
    if (channel) await doneWithin(this.parts.clock, ANSWER_LIMIT_MS, closeChannel(channel));
  }

  private async open(model: ChannelModel): Promise<void> {
    const channel = await model.createChannel();
    if (this.hasStopped) return closeChannel(channel);
    this.incarnation += 1;
    const { incarnation } = this;
    this.channel = channel;
    const settler = new Settler(channel, this.parts.clock);
    this.settler = settler;
    const origin: DeliveryOrigin = {
      queue: this.plan.queue,
      incarnation,
      settler,
      isAlive: () => this.channel === channel,
      onSettled: () => {
        this.unsettled -= 1;
        if (this.hasStopped) this.leaveIfDone();
      },
    };
    this.unsettled = 0;
    let why = 'its channel ended';
    onChannelEnd(channel, (end) => {
      why = end.why;
      this.ended(channel, end.why, end.refusal !== undefined);
    });
    this.onMessage = (raw) => this.take(raw, channel, origin);
    await this.consume(channel, this.plan.prefetch, this.tag(incarnation));
    if (this.channel !== channel) throw new Error(why);
    this.begin(incarnation);
    if (!this.hasStopped) return;
    await this.cancel(channel);
    this.leaveIfDone();
  }

  private leaveIfDone(): void {
    if (this.closing || this.isCancelling || (this.channel && this.unsettled > 0)) return;
    void this.close().finally(() => this.plan.onGone(this));
  }

  private async consume(channel: Channel, prefetch: number, consumerTag: string): Promise<void> {
    await channel.prefetch(prefetch);
    await channel.consume(this.plan.queueName, this.onMessage, {
      consumerTag,
      arguments: this.plan.consumeArguments(),
    });
  }

  /** Told once; the first deliveries may come together with the answer, and before whoever awaits it goes on. */
  private begin(incarnation: number): void {
    if (this.attachedAt !== undefined) return;
    this.attachedAt = this.parts.clock.elapsed();
    this.parts.detached(() => this.listener.onAttached?.(incarnation));
    if (this.ahead > 0) this.readAhead(this.ahead);
  }

  private take(raw: ConsumeMessage | null, channel: Channel, origin: DeliveryOrigin): void {
    if (this.channel !== channel) return;
    if (!raw) {
      this.ended(channel, 'the broker cancelled the consumer', true);
      return;
    }
    this.begin(origin.incarnation);
    // Was on its way when the consumer stopped.
    if (this.hasStopped) origin.settler.nack(raw.fields.deliveryTag, true);
    // What the socket brings runs in the context in which the connection was opened, which is nobody's.
    else {
      this.unsettled += 1;
      this.listener.onDelivery(deliveryOf(raw, origin));
    }
  }

  /** An incarnation is over; told once for each. */
  private ended(channel: Channel, why: string, comesAgain: boolean): void {
    if (this.channel !== channel) return;
    this.channel = undefined;
    const { attachedAt, incarnation } = this;
    this.attachedAt = undefined;
    this.settler?.flush();
    void closeChannel(channel);
    if (this.hasStopped) this.leaveIfDone();
    // Whoever opens it hears of the failure.
    if (attachedAt === undefined) return;
    this.parts.detached(() => this.listener.onLost(incarnation, why));
    if (this.parts.clock.elapsed() - attachedAt >= SOUND_AFTER_MS) this.failures = 0;
    if (comesAgain) this.again(why);
  }

  private again(why: string): void {
    if (this.hasStopped) return;
    const { plan, parts } = this;
    this.failures += 1;
    const delayMs = backoffDelayMs(REATTACH, this.failures, undefined, parts.random);
    parts.logger.warn(
      `The consumer of queue '${plan.queue}' has ended: ${sentence(why)} It begins again in ${formatDuration(delayMs)}`,
    );
    this.retry?.cancel();
    this.retry = parts.clock.setTimer(delayMs, () => {
      const model = plan.heldModel();
      // A failure arranges the next try by itself; without a connection the next one does.
      if (model) this.attach(model).catch(() => undefined);
    });
  }

  private async setAhead(): Promise<void> {
    if (this.isSettingAhead) return;
    this.isSettingAhead = true;
    try {
      for (let { channel } = this; channel && !this.hasStopped; channel = this.channel) {
        const there = this.aheadOn === channel ? this.aheadThere : 0;
        if (there === this.ahead) return;
        if (there > 0) {
          await channel.cancel(this.aheadTag());
          this.aheadOn = undefined;
          continue;
        }
        const count = this.ahead;
        this.aheadCount += 1;
        const tag = this.aheadTag();
        await this.consume(channel, count, tag);
        this.aheadOn = channel;
        this.aheadThere = count;
        // `stop` may have come between the two calls of `consume`; what it cancelled was not there yet.
        if (this.hasStopped) await channel.cancel(tag);
      }
    } finally {
      this.isSettingAhead = false;
    }
  }

  private async cancel(channel: Channel): Promise<void> {
    // Fails when the channel has ended, and the consumer with it.
    const { clock } = this.parts;
    const tags = [this.tag(this.incarnation)];
    if (this.aheadOn === channel || this.isSettingAhead) tags.push(this.aheadTag());
    this.isCancelling = true;
    const cancelled = Promise.all(tags.map((tag) => channel.cancel(tag)));
    await doneWithin(clock, ANSWER_LIMIT_MS, cancelled);
    this.isCancelling = false;
  }

  /** Each has its own: the broker mixes up what two consumers of one tag took while the first of them holds messages. */
  private aheadTag(): string {
    return `${this.tag(this.incarnation)}.ahead${this.aheadCount}`;
  }

  private tag(incarnation: number): string {
    return `${this.plan.queue}.${incarnation}`;
  }
}
