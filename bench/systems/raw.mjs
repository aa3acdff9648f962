/** Hand-made on amqplib, as fast as it goes with the same guarantees: quorum queue, persistent, confirms, manual ack. */
import amqp from 'amqplib';

export async function openRaw(url, queue) {
  const connection = await amqp.connect(url);
  const publisher = await connection.createConfirmChannel();
  const consumer = await connection.createChannel();
  await consumer.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });

  const publish = (body) =>
    new Promise((resolve, reject) => {
      publisher.sendToQueue(queue, body, { persistent: true, mandatory: true }, (error) =>
        error ? reject(error) : resolve(),
      );
    });

  return {
    name: 'raw amqplib',
    enqueue: (payload) => publish(Buffer.from(JSON.stringify(payload))),

    /** Runs `handler` for `count` messages that wait already; resolves when the last is acked, with the way to stop. */
    async process(count, concurrency, handler) {
      await consumer.prefetch(concurrency);
      let done = 0;
      let consumerTag;
      await new Promise((resolve, reject) => {
        consumer
          .consume(queue, async (message) => {
            await handler(JSON.parse(message.content.toString()));
            consumer.ack(message);
            done += 1;
            if (done === count) resolve();
          })
          .then((reply) => (consumerTag = reply.consumerTag), reject);
      });
      return () => consumer.cancel(consumerTag);
    },

    async close() {
      await consumer.deleteQueue(queue);
      await connection.close();
    },
  };
}
