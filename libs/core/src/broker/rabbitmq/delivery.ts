import type { Channel, ConsumeMessage } from 'amqplib';
import { settleOnce, type Delivery, type SettleResult, type Settlement } from '../../ports/delivery.js';
import { isEnded } from './amqp-errors.js';
import { deliveryCountOf, fromAmqp } from './properties.js';
import type { WriteBatch } from './write-batch.js';

/** One life of a consumer. */
export interface DeliveryOrigin {
  /** Without the application's prefix. */
  readonly queue: string;
  readonly incarnation: number;
  readonly channel: Channel;
  readonly batch: WriteBatch;
  /** Whether its channel is still the consumer's. */
  readonly isAlive: () => boolean;
}

/** What arrived, with the right to settle it bound to the channel that brought it. */
export function deliveryOf(raw: ConsumeMessage, origin: DeliveryOrigin): Delivery {
  const message = fromAmqp(raw);
  return {
    message,
    queue: origin.queue,
    redelivered: raw.fields.redelivered,
    deliveryCount: deliveryCountOf(message.headers),
    incarnation: origin.incarnation,
    settlement: settleOnce(new ChannelSettlement(raw, origin), origin.queue),
  };
}

class ChannelSettlement implements Settlement {
  constructor(
    private readonly raw: ConsumeMessage,
    private readonly origin: DeliveryOrigin,
  ) {}

  ack(): SettleResult {
    return this.send(() => this.origin.channel.ack(this.raw));
  }

  giveBack(): SettleResult {
    // nack, not reject: on 4.3 only reject counts towards the delivery limit, and this message did nothing wrong.
    return this.send(() => this.origin.channel.nack(this.raw, false, true));
  }

  reject(): SettleResult {
    return this.send(() => this.origin.channel.nack(this.raw, false, false));
  }

  /** A tag means nothing on another channel: sent there, it would close that channel and lose its jobs with it. */
  private send(operation: () => void): SettleResult {
    const { origin } = this;
    if (!origin.isAlive()) return 'lost';
    try {
      origin.batch.join();
      operation();
      return 'sent';
    } catch (error) {
      if (isEnded(error)) return 'lost';
      throw error;
    }
  }
}
