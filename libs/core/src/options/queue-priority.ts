import { travellingPriority, type Priority } from '../job/priority.js';
import { ConfigurationError } from '../kernel/errors/index.js';

/**
 * The priority of a job, as it travels, for a queue with so many levels; undefined: a normal one. In a queue without any
 * it would do nothing at one version of RabbitMQ and something at another, so it is refused.
 * @throws ConfigurationError
 */
export function priorityIn(
  queue: string,
  levels: number | undefined,
  said: Priority | undefined,
  place: string,
): number | undefined {
  if (said === undefined) return undefined;
  if (levels === undefined) {
    throw new ConfigurationError([
      `${place}: option priority: queue '${queue}' has no priorities here. Give queues: { '${queue}': { priorities: 3 } } in every process that has to do with the queue, or remove priority.`,
    ]);
  }
  if (typeof said === 'number' && said >= levels) {
    throw new ConfigurationError([
      `${place}: option priority: ${said} is above the highest level of queue '${queue}', which has ${levels}, numbered from 0. Give a number up to ${levels - 1}, or more priorities to the queue.`,
    ]);
  }
  return travellingPriority(said, levels);
}
