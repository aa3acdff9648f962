import type { ConfirmChannel } from 'amqplib';
import type { Message } from '../../job/message.js';
import type { Route } from './confirms.js';
import { FrameSink } from './frame-sink.js';
import { NOT_WRITTEN, roomFor, writePublish } from './frames.js';
import { toBuffer, toPublishOptions } from './properties.js';

/** Larger bodies go amqplib's way, which also splits them into frames. */
const LARGEST_BODY = 32 * 1024;

/** Sends publishes on one channel: the usual ones as frames of our own, the others through amqplib. */
export class PublishWriter {
  private readonly sink: FrameSink | undefined;

  constructor(private readonly channel: ConfirmChannel) {
    this.sink = FrameSink.of(channel);
  }

  /** @throws what amqplib says when it cannot send it, or when the channel has ended. */
  publish(route: Route, message: Message): void {
    if (this.writeFast(route, message)) return;
    this.sink?.flush();
    this.channel.publish(route.exchange, route.routingKey, toBuffer(message.body), toPublishOptions(message));
  }

  private writeFast({ exchange, routingKey }: Route, message: Message): boolean {
    const { sink } = this;
    if (!sink?.isOpen || message.body.byteLength > LARGEST_BODY) return false;
    const buffer = sink.reserve(roomFor(message));
    const target = { channel: sink.channelNumber, exchange, routingKey };
    const end = writePublish(buffer, sink.offset, target, message);
    if (end === NOT_WRITTEN) return false;
    sink.commit(end);
    return true;
  }
}
