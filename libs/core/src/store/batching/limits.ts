/** Bounds of the way to a store. */
export interface BatchLimits {
  /** Items of one call of the port at most. */
  readonly items: number;
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
  items: 100,
  calls: 8,
  timeoutMs: 2_000,
  waiting: 10_000,
  waitingBytes: 64 * 1024 * 1024,
  late: 10_000,
  lateBytes: 64 * 1024 * 1024,
  firstPauseMs: 250,
  longestPauseMs: 10_000,
};
