import { connect, type ChannelModel } from 'amqplib';
import { FrameSink } from '../../libs/core/src/broker/rabbitmq/frame-sink.js';
import { readDeliveriesFast } from '../../libs/core/src/broker/rabbitmq/frame-reader.js';
import { writeAck, writePublish } from '../../libs/core/src/broker/rabbitmq/frames.js';
import { rabbitmqUrl } from '../support/services.js';
import { until } from '../support/until.js';

/** What Warren takes from amqplib without a promise: a new version that moves it is noticed here. */

const message = (text: string) => ({ body: Buffer.from(text), messageId: text, headers: {} });

describe('frames of our own on a channel of amqplib', () => {
  it('reach the broker, in their order, and are confirmed and acked', async () => {
    const model = await connect(rabbitmqUrl());
    try {
      const channel = await model.createConfirmChannel();
      const sink = FrameSink.of(channel);
      expect(sink?.isOpen).toBe(true);
      if (!sink) return;
      const { queue } = await channel.assertQueue('', { exclusive: true });
      let confirmed = 0;
      channel.on('ack', ({ deliveryTag }: { deliveryTag: number }) => (confirmed = deliveryTag));
      const target = { channel: sink.channelNumber, exchange: '', routingKey: queue };
      const texts = Array.from({ length: 200 }, (_, index) => `message ${index}`);
      for (const text of texts) {
        sink.commit(writePublish(sink.reserve(1_000), sink.offset, target, message(text)));
      }
      await until(() => confirmed === texts.length, 'all are confirmed');

      const arrived: string[] = [];
      await channel.consume(queue, (raw) => {
        if (!raw) return;
        arrived.push(raw.content.toString());
        sink.commit(
          writeAck(sink.reserve(100), sink.offset, sink.channelNumber, raw.fields.deliveryTag, false),
        );
      });
      await until(() => arrived.length === texts.length, 'all arrived');
      expect(arrived).toEqual(texts);
      sink.flush();
      await channel.recover();
      expect((await channel.checkQueue(queue)).messageCount).toBe(0);
      expect(arrived).toHaveLength(texts.length);
    } finally {
      await model.close();
    }
  });

  it('go nowhere once their channel has ended', async () => {
    const model = await connect(rabbitmqUrl());
    try {
      const channel = await model.createConfirmChannel();
      const sink = FrameSink.of(channel);
      await channel.close();
      expect(sink?.isOpen).toBe(false);
      await model.createConfirmChannel();
      expect(sink?.isOpen).toBe(false);
    } finally {
      await model.close();
    }
  });
});

describe('deliveries read by us on a connection of amqplib', () => {
  it('are the same as those that amqplib reads, whatever their size and headers', async () => {
    const plain = await connect(rabbitmqUrl());
    const fast = await connect(rabbitmqUrl());
    try {
      expect(readDeliveriesFast(fast)).toBe(true);
      const channel = await plain.createConfirmChannel();
      const { queue } = await channel.assertQueue('', { durable: false });
      const sizes = [0, 1, 1_000, 65_535, 131_072, 131_073, 1_000_000];
      for (const [index, size] of sizes.entries()) {
        const headers =
          index % 2 === 0 ? { number: index, text: 'ключ' } : { list: [index], table: { a: null } };
        const options = {
          messageId: `m-${index}`,
          type: 'email:new',
          timestamp: 1_795_246_500 + index,
          headers,
        };
        channel.sendToQueue(queue, Buffer.alloc(size, index), options);
      }
      await channel.waitForConfirms();
      const collect = async (model: ChannelModel): Promise<object[]> => {
        const consumer = await model.createChannel();
        const arrived: object[] = [];
        await consumer.consume(queue, (raw) => {
          if (raw) arrived.push({ properties: raw.properties, content: raw.content.toString('base64') });
        });
        await until(() => arrived.length === sizes.length, 'all arrived');
        await consumer.close();
        return arrived;
      };
      expect(await collect(fast)).toEqual(await collect(plain));
      await channel.deleteQueue(queue);
    } finally {
      await fast.close();
      await plain.close();
    }
  });
});
