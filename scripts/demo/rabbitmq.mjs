import { connect } from 'amqplib';

/** Takes away what one run's shop declared at the broker. The names are those of docs/wire-format.md. */

const QUEUES = ['email', 'payment', 'invoice', 'webhook', 'report'];
const LEVELS = 32;

/** Deleting what is not there is fine. */
export async function removeShop(url, app) {
  const connection = await connect(url);
  try {
    const channel = await connection.createChannel();
    const levels = Array.from({ length: LEVELS }, (_, level) => `${app}.delay.v1.${level}`);
    const queues = QUEUES.flatMap((queue) => [`${app}.q.${queue}`, `${app}.dead.${queue}`]);
    for (const queue of [...queues, ...levels, `${app}.unroutable`]) await channel.deleteQueue(queue);
    const exchanges = ['jobs', 'dead', 'due.v1', 'unroutable', 'events', 'control'].map(
      (name) => `${app}.${name}`,
    );
    for (const exchange of [...exchanges, ...levels]) await channel.deleteExchange(exchange);
  } finally {
    await connection.close();
  }
}
