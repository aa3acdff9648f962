/** Bounds of the way to a store. */
export interface BatchLimits {
  /** Items of one call of the port at most. */
  readonly items: number;
  /** Bytes of the texts of one call at most; a larger item goes alone. */
  readonly callBytes: number;
  /** Calls of one kind on their way at most; more wait. */
  readonly calls: number;
  /** Longest that one call may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Items of one kind that wait for a call at most, and the bytes of their texts; more are refused at once. */
  readonly waiting: number;
  readonly waitingBytes: number;
  /** Writes kept for a store that is down at most, and the bytes of their texts; more are dropped and counted. */
  readonly late: number;
  readonly lateBytes: number;
  /** Between two tries of a store that is down, in milliseconds: the first pause, doubled up to the longest. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export const BATCH_LIMITS: BatchLimits = {
  items: 64,
  callBytes: 4 * 1024 * 1024,
  calls: 8,
  timeoutMs: 2_000,
  waiting: 10_000,
  waitingBytes: 64 * 1024 * 1024,
  late: 10_000,
  lateBytes: 64 * 1024 * 1024,
  firstPauseMs: 250,
  longestPauseMs: 10_000,
};

/** How many of the first items one call takes: the first whatever its size, and others while there is room. */
export function fitting(
  items: ReadonlyArray<{ readonly bytes: number }>,
  atMost: number,
  callBytes: number,
): number {
  let bytes = items[0]?.bytes ?? 0;
  let count = 1;
  while (count < Math.min(atMost, items.length)) {
    bytes += items[count]!.bytes;
    if (bytes > callBytes) break;
    count += 1;
  }
  return count;
}
