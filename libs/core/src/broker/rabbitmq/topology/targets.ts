import { levelOf, levelSuffix, levelsDown } from '../../../job/priority.js';
import type { QueueSpec } from '../../../ports/broker.js';

/**
 * What jobs of a queue are routed to: the queue by its name, and, where it has priorities, a queue for each level, so
 * that nothing depends on what the broker knows of priorities: none before 4.0, two levels up to 4.2, 32 from 4.3 on.
 */

type Levelled = Pick<QueueSpec, 'name' | 'priorities'>;

/** Of a message with that priority; undefined: of a normal one. */
export function targetOf({ name, priorities }: Levelled, priority: number | undefined): string {
  return priorities === undefined ? name : name + levelSuffix(levelOf(priority, priorities), priorities);
}

/** All of a queue, the highest level first. */
export function targetsOf(spec: Levelled): readonly string[] {
  const { name, priorities } = spec;
  return priorities === undefined ? [name] : levelsDown(priorities).map((level) => targetOf(spec, level));
}
