import type { Channel, ConsumeMessage } from 'amqplib';
import { settleOnce, type Delivery, type SettleResult, type Settlement } from '../../ports/delivery.js';
import { isEnded } from './amqp-errors.js';
import type { FrameSink } from './frame-sink.js';
import { SETTLE_BYTES, writeAck, writeNack } from './frames.js';
import { deliveryCountOf, fromAmqp } from './properties.js';

/** One life of a consumer. */
export interface DeliveryOrigin {
  /** Without the application's prefix. */
  readonly queue: string;
  readonly incarnation: number;
  readonly channel: Channel;
  readonly sink: FrameSink | undefined;
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

/** A tag means nothing on another channel: sent there, it would close that channel and lose its jobs with it. */
class ChannelSettlement implements Settlement {
  constructor(
    private readonly raw: ConsumeMessage,
    private readonly origin: DeliveryOrigin,
  ) {}

  ack(): SettleResult {
    const { sink, isAlive, channel } = this.origin;
    if (!isAlive()) return 'lost';
    if (!sink?.isOpen) return sent(() => channel.ack(this.raw));
    const buffer = sink.reserve(SETTLE_BYTES);
    sink.commit(writeAck(buffer, sink.offset, sink.channelNumber, this.raw.fields.deliveryTag));
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
    const { sink, isAlive, channel } = this.origin;
    if (!isAlive()) return 'lost';
    if (!sink?.isOpen) return sent(() => channel.nack(this.raw, false, requeue));
    const buffer = sink.reserve(SETTLE_BYTES);
    sink.commit(writeNack(buffer, sink.offset, sink.channelNumber, this.raw.fields.deliveryTag, requeue));
    return 'sent';
  }
}

function sent(operation: () => void): SettleResult {
  try {
    operation();
    return 'sent';
  } catch (error) {
    if (isEnded(error)) return 'lost';
    throw error;
  }
}
