import { randomBytes } from 'node:crypto';
import { connect } from 'amqplib';

/** A name for one test's application, so that its queues are its own. */
export function uniqueApp(name: string): string {
  return `t-${name}-${randomBytes(4).toString('hex')}`;
}

const LEVELS = 32;

/** Takes away everything that an application declared, for the queues named. Deleting what is not there is fine. */
export async function removeApp(
  url: string,
  app: string,
  queues: readonly string[] = ['slow'],
): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const levels = Array.from({ length: LEVELS }, (_, level) => `${app}.delay.v1.${level}`);
  const ofQueues = queues.flatMap((queue) => [
    `${app}.q.${queue}`,
    `${app}.dead.${queue}`,
    `${app}.due.${queue}`,
  ]);
  for (const queue of [...ofQueues, ...levels, `${app}.unroutable`]) await channel.deleteQueue(queue);
  const exchanges = ['jobs', 'dead', 'due.v1', 'unroutable'].map((name) => `${app}.${name}`);
  for (const exchange of [...exchanges, ...levels]) await channel.deleteExchange(exchange);
  await connection.close();
}
