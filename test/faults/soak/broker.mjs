import { connect } from 'amqplib';
import { levelsOf, removeApp, withChannel } from '../../../scripts/broker-objects.mjs';

/** The broker as the soak sees it: by plain AMQP, not through what it tests. */

const QUEUE = 'soak';
const PREFETCH = 1_000;

/** Takes the dead letters as they come. `dead`: job -> reason. */
export class DeadLetterDrain {
  dead = new Map();
  /** Messages there that are none of the soak's. */
  strangers = 0;
  #connection;

  static async start(url, app) {
    const drain = new DeadLetterDrain();
    drain.#connection = await connect(url);
    drain.#connection.on('error', () => {});
    const channel = await drain.#connection.createChannel();
    await channel.prefetch(PREFETCH);
    await channel.consume(`${app}.dead.${QUEUE}`, (message) => {
      if (!message) return;
      drain.#take(message.properties);
      channel.ack(message);
    });
    return drain;
  }

  async stop() {
    await this.#connection.close();
  }

  #take({ messageId, headers }) {
    const number = /^soak-(\d+)$/.exec(messageId)?.[1];
    if (number === undefined) this.strangers += 1;
    else
      this.dead.set(Number(number), headers['warren-reason'] ?? headers['x-first-death-reason'] ?? 'unknown');
  }
}

/** Messages by queue, of those queues that hold any. */
export async function waitingAt(url, app) {
  return withChannel(url, async (channel) => {
    const counts = [];
    for (const name of queuesOf(app)) {
      const { messageCount } = await channel.checkQueue(name);
      if (messageCount > 0) counts.push(`${messageCount} in ${name}`);
    }
    return counts;
  });
}

export function removeSoak(url, app) {
  return removeApp(url, app, [QUEUE]);
}

function queuesOf(app) {
  return [`${app}.q.${QUEUE}`, `${app}.dead.${QUEUE}`, `${app}.unroutable`, ...levelsOf(app)];
}
