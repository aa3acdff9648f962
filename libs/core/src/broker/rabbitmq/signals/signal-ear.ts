import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { IdSource } from '../../../kernel/ids.js';
import type { SignalAudience } from '../../../ports/signal-audience.js';
import { readSignalBody } from '../../../ports/signal-body.js';
import type { SignalTopic } from '../../../ports/signals.js';
import type { RabbitMqParts } from '../parts.js';
import type { TopologyNames } from '../topology/names.js';
import { signalQueueArguments } from '../topology/queues.js';
import { SignalChannel } from './signal-channel.js';

/**
 * Hears the signals of one topic, on a channel of the consuming connection: a queue of this process alone, which ends
 * with the connection, taken without acks. It has another name each time: the broker may not know yet that the
 * connection before is dead, whose queue nobody else may touch.
 */
export function signalEar(
  topic: SignalTopic,
  audience: SignalAudience,
  given: {
    readonly names: TopologyNames;
    readonly declare: (channel: Channel) => Promise<void>;
    readonly heldModel: () => ChannelModel | undefined;
    readonly ids: Pick<IdSource, 'token'>;
    readonly parts: RabbitMqParts;
  },
): SignalChannel {
  const { names, declare, heldModel, ids, parts } = given;
  const hear = ({ fields, content }: ConsumeMessage): void => {
    const read = readSignalBody(content);
    if (read) audience.hear({ topic, key: fields.routingKey, body: read.body });
  };
  const ear: SignalChannel = new SignalChannel(
    {
      what: `Signals of '${topic}'`,
      without:
        topic === 'control' ? 'this process hears no instructions' : 'this process hears no events of others',
      heldModel,
      setUp: async (channel) => {
        await declare(channel);
        const queue = names.signalQueue(topic, ids.token());
        await channel.assertQueue(queue, {
          durable: false,
          exclusive: true,
          autoDelete: true,
          arguments: signalQueueArguments(),
        });
        await channel.bindQueue(queue, names.signalExchange(topic), '#');
        const onMessage = (raw: ConsumeMessage | null): void => {
          if (raw) hear(raw);
          else ear.ended(channel, new Error('the broker ended its queue'));
        };
        await channel.consume(queue, onMessage, { noAck: true });
      },
      onOpen: () => parts.detached(() => audience.attached()),
    },
    parts,
  );
  return ear;
}
