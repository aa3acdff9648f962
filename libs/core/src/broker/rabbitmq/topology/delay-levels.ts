/**
 * The arithmetic of the delay ladder. Level k holds messages for 2^k ms; a delay is the sum of the levels whose bit
 * is set. A message enters at its highest set bit and falls down: a 1 waits at that level, a 0 passes it by.
 * The design is NServiceBus's (Particular, "delayed delivery" of its RabbitMQ transport), with milliseconds as unit.
 */
export const LEVELS = 32;

export const LONGEST_DELAY_MS = 2 ** LEVELS - 1;

/** Whole milliseconds within what the ladder can do, never less than asked for. */
export function ladderDelayMs(delayMs: number): number {
  return Math.min(Math.ceil(delayMs), LONGEST_DELAY_MS);
}

/** The level where a delay of at least 1 ms begins. */
export function entryLevel(delayMs: number): number {
  return 31 - Math.clz32(delayMs);
}

/** `5, 'email'` -> `0. … .1.0.1.email`: one word for each level, the highest first, then the target. */
export function delayRoutingKey(delayMs: number, target: string): string {
  return `${delayMs.toString(2).padStart(LEVELS, '0').split('').join('.')}.${target}`;
}

const LEVEL_QUEUE = /\.delay\.v1\.(\d+)$/;

/**
 * Whether the ladder held a message for the whole of its delay, by what the broker tells of its deaths: the levels add
 * up to the delay, and only of the longest there may be some left.
 */
export function wasHeldInFull(deaths: unknown): boolean {
  if (!Array.isArray(deaths)) return false;
  let heldMs = 0;
  for (const { queue, reason } of deaths as ReadonlyArray<{ queue?: unknown; reason?: unknown }>) {
    const level = reason === 'expired' && typeof queue === 'string' && LEVEL_QUEUE.exec(queue);
    if (level) heldMs += 2 ** Number(level[1]);
  }
  return heldMs > 0 && heldMs < LONGEST_DELAY_MS;
}

/** The target that stands for a queue's waiting room. No queue has such a name. */
export function waitingRoomTarget(queue: string): string {
  return `~.${queue}`;
}

/** What a level's exchange takes: its bit as given, any bits before and after, any target. */
export function levelPattern(level: number, bit: 0 | 1): string {
  const words = Array.from({ length: LEVELS }, (_, index) =>
    index === LEVELS - 1 - level ? String(bit) : '*',
  );
  return `${words.join('.')}.#`;
}

/**
 * What the due exchange takes for a target, a queue as a rule: exactly one word for each level before the name. A pattern `#.name`
 * would also take jobs of every queue whose name ends so.
 */
export function duePattern(target: string): string {
  return `${'*.'.repeat(LEVELS)}${target}`;
}
