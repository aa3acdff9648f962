/**
 * Which jobs of a queue run sooner. A queue with priorities has levels, numbered from 0, and the highest runs first. No
 * number stands for the level in the middle: a job without a priority, of whatever program, is a normal one.
 */

/** Words for the highest, the middle and the lowest level, or the number of a level. */
export type Priority = 'high' | 'normal' | 'low' | number;

/** How workers choose among the levels of a queue. */
export type PriorityPolicy = 'strict' | 'weighted';

/** Each is a queue of its own at the broker. */
export const MOST_LEVELS = 10;

/** Of two in the middle, the lower. */
export function normalLevel(levels: number): number {
  return Math.floor((levels - 1) / 2);
}

/** Where a message waits; one of another program may bring a number above the highest. */
export function levelOf(priority: number | undefined, levels: number): number {
  return priority === undefined ? normalLevel(levels) : Math.min(priority, levels - 1);
}

/** As it travels: undefined for a normal job. The number is of a level that is there. */
export function travellingPriority(said: Priority | undefined, levels: number): number | undefined {
  const level = said === 'low' ? 0 : said === 'high' ? levels - 1 : said === 'normal' ? undefined : said;
  return level === normalLevel(levels) ? undefined : level;
}

/** The levels, the highest first. */
export function levelsDown(levels: number): readonly number[] {
  return Array.from({ length: levels }, (_, index) => levels - 1 - index);
}

/**
 * How the place of a level is called beside that of the normal ones: '' for those, `@+1` for the next above, `@-1` for
 * the next below. By distance and not by number, so that more levels leave those that are there where they are. No
 * queue's name has an @.
 */
export function levelSuffix(level: number, levels: number): string {
  const distance = level - normalLevel(levels);
  if (distance === 0) return '';
  return distance > 0 ? `@+${distance}` : `@${distance}`;
}
