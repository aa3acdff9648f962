/** Written by hand on amqplib, as fast as it goes with the same guarantees: quorum queue, persistent, confirms, manual ack. */
import amqp from 'amqplib';

const QUEUE = { durable: true, arguments: { 'x-queue-type': 'quorum' } };
const PERSISTENT = { persistent: true, mandatory: true };

export async function open({ url, app: queue, role, concurrency }) {
  const connection = await amqp.connect(url);
  const close = () => connection.close();
  if (role === 'worker') return { ...(await worker(connection, queue, concurrency)), close };
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(queue, QUEUE);
  const send = (payload) =>
    new Promise((resolve, reject) => {
      channel.sendToQueue(queue, Buffer.from(JSON.stringify(payload)), PERSISTENT, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  return {
    send,
    sendMany: (payloads) => Promise.all(payloads.map(send)),
    purge: () => channel.purgeQueue(queue),
    remove: () => channel.deleteQueue(queue),
    close,
  };
}

async function worker(connection, queue, concurrency) {
  const channel = await connection.createChannel();
  await channel.assertQueue(queue, QUEUE);
  await channel.prefetch(concurrency);
  return {
    async work(onJob, onDone) {
      await channel.consume(queue, async (message) => {
        await onJob(JSON.parse(message.content.toString()));
        channel.ack(message);
        onDone();
      });
    },
  };
}
