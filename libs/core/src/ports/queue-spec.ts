/** A queue as it is wanted. */
export interface QueueSpec {
  readonly name: string;
  /** `quorum` is replicated; `classic` lives on one node. */
  readonly type: 'quorum' | 'classic';
  /** Deliveries without an outcome before a message counts as poison. */
  readonly deliveryLimit: number;
  /** Messages at most; more are refused at publish. Undefined: no limit. */
  readonly maxLength: number | undefined;
  /** Longest stay of a message, in milliseconds; then it goes to the dead letters. */
  readonly messageTtlMs: number;
  /** Longest stay of a dead letter, in milliseconds. */
  readonly deadLetterTtlMs: number;
  /** Dead letters at most; above it the oldest are dropped, so that a full queue never blocks. */
  readonly deadLetterMaxLength: number;
}
