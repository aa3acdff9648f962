import type { Channel, ChannelModel } from 'amqplib';
import { LARGEST_SIGNAL_BYTES, writeSignalBody } from '../../../ports/signal-body.js';
import type { Signal } from '../../../ports/signals.js';
import type { RabbitMqParts } from '../parts.js';
import type { TopologyNames } from '../topology/names.js';
import { SignalChannel } from './signal-channel.js';

/**
 * Sends without confirms on a plain channel of the publishing connection. What cannot go at once is dropped: while
 * there is no connection, while the broker blocks publishers, and while the buffer towards it is full.
 */
export class SignalSender {
  private readonly sending: SignalChannel;
  private isBlocked = false;
  private isFull = false;
  private hasWarned = false;

  constructor(
    private readonly names: TopologyNames,
    declare: (channel: Channel) => Promise<void>,
    heldModel: () => ChannelModel | undefined,
    private readonly parts: RabbitMqParts,
    onOpen: () => void,
  ) {
    this.sending = new SignalChannel(
      {
        what: 'Signals to other processes',
        without: 'other processes do not hear what happens here',
        heldModel,
        onOpen,
        setUp: async (channel) => {
          await declare(channel);
          this.isFull = false;
          channel.on('drain', () => (this.isFull = false));
        },
      },
      parts,
    );
  }

  attach(model: ChannelModel): Promise<void> {
    this.isBlocked = false;
    return this.sending.attach(model);
  }

  block(): void {
    this.isBlocked = true;
  }

  unblock(): void {
    this.isBlocked = false;
  }

  send({ topic, key, body }: Signal): void {
    const channel = this.sending.current;
    if (!channel || this.isBlocked || this.isFull) return;
    const bytes = writeSignalBody(body);
    if (!bytes) {
      this.warnOnce(topic, key);
      return;
    }
    try {
      this.isFull = !channel.publish(this.names.signalExchange(topic), key, bytes, {
        contentType: 'application/json',
        persistent: false,
      });
    } catch {
      // The channel has just ended, or the key is longer than AMQP takes.
    }
  }

  close(): Promise<void> {
    return this.sending.close();
  }

  private warnOnce(topic: string, key: string): void {
    if (this.hasWarned) return;
    this.hasWarned = true;
    this.parts.logger.warn(
      `A signal '${key}' of '${topic}' was dropped: its body is no JSON, or larger than ${LARGEST_SIGNAL_BYTES / 1024} KiB. Further ones are dropped without a word.`,
    );
  }
}
