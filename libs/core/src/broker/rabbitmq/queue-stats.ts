import type { Channel } from 'amqplib';
import type { QueueSpec, QueueStats } from '../../ports/broker.js';
import type { TopologyNames } from './topology/names.js';
import { targetsOf } from './topology/targets.js';

/** What the broker counts of a queue, its levels together. Fails, and closes the channel, where one of them is missing. */
export async function statsOf(
  channel: Channel,
  spec: Pick<QueueSpec, 'name' | 'priorities'>,
  names: TopologyNames,
): Promise<QueueStats> {
  let ready = 0;
  let consumers = 0;
  for (const target of targetsOf(spec)) {
    const { messageCount, consumerCount } = await channel.checkQueue(names.queue(target));
    ready += messageCount;
    consumers = Math.max(consumers, consumerCount);
  }
  const dead = await channel.checkQueue(names.deadQueue(spec.name));
  return { ready, deadLetters: dead.messageCount, consumers };
}
