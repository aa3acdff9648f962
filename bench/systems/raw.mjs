/**
 * Written by hand on amqplib, as fast as it goes with the same guarantees: quorum queue, persistent, confirms, manual ack.
 * With `plan.isAlike` it sends what Warren sends, where Warren sends it: what the broker takes for that is the same then.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import amqp from 'amqplib';

const QUEUE = { durable: true, arguments: { 'x-queue-type': 'quorum' } };
const PERSISTENT = { persistent: true, mandatory: true };

/** Of Warren's queues. */
const ALIKE = {
  durable: true,
  arguments: {
    'x-queue-type': 'quorum',
    'x-dead-letter-exchange': 'amq.direct',
    'x-dead-letter-routing-key': 'dead',
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
    'x-message-ttl': 14 * 24 * 3_600_000,
    'x-delivery-limit': 20,
  },
};

export async function open({ url, app: queue, role, concurrency, isAlike = false }) {
  const connection = await amqp.connect(url);
  const close = () => connection.close();
  if (role === 'worker') return { ...(await worker(connection, queue, concurrency)), close };
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(queue, isAlike ? ALIKE : QUEUE);
  const exchange = isAlike ? `${queue}.jobs` : '';
  if (isAlike) {
    await channel.assertExchange(exchange, 'direct');
    await channel.bindQueue(queue, exchange, queue);
  }
  const send = (payload) =>
    new Promise((resolve, reject) => {
      const options = isAlike ? { ...PERSISTENT, ...propertiesOf(queue) } : PERSISTENT;
      channel.publish(exchange, queue, Buffer.from(JSON.stringify(payload)), options, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  return {
    send,
    sendMany: (payloads) => Promise.all(payloads.map(send)),
    purge: () => channel.purgeQueue(queue),
    remove: async () => {
      await channel.deleteQueue(queue);
      if (isAlike) await channel.deleteExchange(exchange);
    },
    close,
  };
}

function propertiesOf(appId) {
  const messageId = randomUUID();
  const now = Date.now();
  return {
    messageId,
    correlationId: messageId,
    type: 'bench:job-0',
    contentType: 'application/json',
    timestamp: Math.floor(now / 1_000),
    appId,
    headers: { 'warren-v': 1, 'warren-enqueued-at': now, 'warren-token': randomBytes(8).toString('hex') },
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
