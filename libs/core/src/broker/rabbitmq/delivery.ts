import type { Channel, ConsumeMessage } from 'amqplib';
import { settleOnce, type Delivery, type SettleResult } from '../../ports/delivery.js';
import { isEnded } from './amqp-errors.js';
import { deliveryCountOf, fromAmqp } from './properties.js';

export interface DeliveryOrigin {
  /** Without the application's prefix. */
  readonly queue: string;
  readonly incarnation: number;
  /** Whether the channel that brought it is still the consumer's. */
  readonly isAlive: () => boolean;
}

/** What arrived, with the right to settle it bound to the channel that brought it. */
export function deliveryOf(raw: ConsumeMessage, channel: Channel, origin: DeliveryOrigin): Delivery {
  const { queue, incarnation, isAlive } = origin;
  // A tag means nothing on another channel: sent there, it would close that channel and lose its jobs with it.
  const send = (operation: () => void): SettleResult => {
    if (!isAlive()) return 'lost';
    try {
      operation();
      return 'sent';
    } catch (error) {
      if (isEnded(error)) return 'lost';
      throw error;
    }
  };
  const message = fromAmqp(raw);
  return {
    message,
    queue,
    redelivered: raw.fields.redelivered,
    deliveryCount: deliveryCountOf(message.headers),
    incarnation,
    settlement: settleOnce(
      {
        ack: () => send(() => channel.ack(raw)),
        // nack, not reject: on 4.3 only reject counts towards the delivery limit, and this message did nothing wrong.
        giveBack: () => send(() => channel.nack(raw, false, true)),
        reject: () => send(() => channel.nack(raw, false, false)),
      },
      `queue ${queue}`,
    ),
  };
}
