import type { ConsumeMessage } from 'amqplib';
import { settleOnce, type Delivery, type SettleResult, type Settlement } from '../../ports/delivery.js';
import { deliveryCountOf, fromAmqp } from './properties.js';
import type { Settler } from './settler.js';
import { wasHeldInFull } from './topology/delay-levels.js';

/** One life of a consumer. */
export interface DeliveryOrigin {
  /** Without the application's prefix. */
  readonly queue: string;
  readonly incarnation: number;
  readonly settler: Settler;
  /** Whether its channel is still the consumer's. */
  readonly isAlive: () => boolean;
  /** One of its deliveries was settled. */
  readonly onSettled: () => void;
}

/** What arrived, with the right to settle it bound to the channel that brought it. */
export function deliveryOf(raw: ConsumeMessage, origin: DeliveryOrigin): Delivery {
  const message = fromAmqp(raw);
  const { deliveryTag, redelivered } = raw.fields;
  return {
    message,
    queue: origin.queue,
    redelivered,
    deliveryCount: deliveryCountOf(message.headers),
    isDue: wasHeldInFull(message.headers['x-death']),
    incarnation: origin.incarnation,
    settlement: settleOnce(new ChannelSettlement(deliveryTag, origin), origin.queue),
  };
}

/** A tag means nothing on another channel: sent there, it would close that channel and lose its jobs with it. */
class ChannelSettlement implements Settlement {
  constructor(
    private readonly tag: number,
    private readonly origin: DeliveryOrigin,
  ) {}

  get isLost(): boolean {
    return !this.origin.isAlive();
  }

  ack(): SettleResult {
    const { isAlive, settler, onSettled } = this.origin;
    if (!isAlive() || !settler.ack(this.tag)) return 'lost';
    onSettled();
    return 'sent';
  }

  giveBack(): SettleResult {
    // nack, not reject: on 4.3 only reject counts towards the delivery limit, and this message did nothing wrong.
    return this.nack(true);
  }

  reject(): SettleResult {
    return this.nack(false);
  }

  private nack(requeue: boolean): SettleResult {
    const { isAlive, settler, onSettled } = this.origin;
    if (!isAlive() || !settler.nack(this.tag, requeue)) return 'lost';
    onSettled();
    return 'sent';
  }
}
