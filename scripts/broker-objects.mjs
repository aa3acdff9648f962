import { connect } from 'amqplib';

/** What an application declares at the broker, by the names of docs/wire-format.md. */

const LEVELS = 32;

export function levelsOf(app) {
  return Array.from({ length: LEVELS }, (_, level) => `${app}.delay.v1.${level}`);
}

/** Takes all of it away, for the queues named. Deleting what is not there is fine. */
export async function removeApp(url, app, queues) {
  await withChannel(url, async (channel) => {
    const ofQueues = queues.flatMap((queue) => ['q', 'dead', 'due'].map((kind) => `${app}.${kind}.${queue}`));
    const levels = levelsOf(app);
    for (const queue of [...ofQueues, ...levels, `${app}.unroutable`]) await channel.deleteQueue(queue);
    const exchanges = ['jobs', 'dead', 'due.v1', 'unroutable', 'events', 'control'].map(
      (name) => `${app}.${name}`,
    );
    for (const exchange of [...exchanges, ...levels]) await channel.deleteExchange(exchange);
  });
}

/** Does something on a channel of a connection of its own. */
export async function withChannel(url, work) {
  const connection = await connect(url);
  connection.on('error', () => {});
  try {
    return await work(await connection.createChannel());
  } finally {
    await connection.close().catch(() => {});
  }
}
