import { connect, type ConfirmChannel } from 'amqplib';

/** Does something by plain AMQP, on a connection of its own; what it publishes is confirmed before it resolves. */
export async function onChannel<T>(url: string, work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  try {
    const channel = await connection.createConfirmChannel();
    // Told by the operation that is refused, too.
    channel.on('error', () => undefined);
    const result = await work(channel);
    await channel.waitForConfirms();
    return result;
  } finally {
    await connection.close();
  }
}
