import { connect } from 'amqplib';
import { WriteBatch } from '../../libs/core/src/broker/rabbitmq/write-batch.js';
import { rabbitmqUrl } from '../support/services.js';

interface Stream {
  _writev(this: unknown, chunks: unknown[], ...rest: unknown[]): unknown;
}

/** What Warren takes from amqplib without a promise: a new version that moves it is noticed here. */

describe('amqplib', () => {
  it('still lets the frames of one turn go out in one write', async () => {
    const model = await connect(rabbitmqUrl());
    try {
      const channel = await model.createConfirmChannel();
      const { queue } = await channel.assertQueue('', { exclusive: true });
      const { stream } = model.connection as unknown as { stream: Stream };
      const sizes: number[] = [];
      const { _writev } = stream;
      stream._writev = function (chunks, ...rest) {
        sizes.push(chunks.length);
        return _writev.call(this, chunks, ...rest);
      };
      const batch = WriteBatch.of(model);
      expect(batch.isSupported).toBe(true);
      for (let number = 0; number < 10; number += 1) {
        batch.join();
        channel.sendToQueue(queue, Buffer.from('x'));
      }
      await channel.waitForConfirms();
      expect(Math.max(...sizes)).toBeGreaterThanOrEqual(10);
    } finally {
      await model.close();
    }
  });
});
