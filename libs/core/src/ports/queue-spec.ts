/** A queue as it is wanted. */
export interface QueueSpec {
  readonly name: string;
  /** `quorum` is replicated; `classic` lives on one node. */
  readonly type: 'quorum' | 'classic';
  /** Deliveries without an outcome before a message counts as poison. */
  readonly deliveryLimit: number;
  /** Waiting messages at most, those handed out not counted. Undefined: no limit. */
  readonly maxLength: number | undefined;
  /**
   * At the limit: `reject` refuses at publish; `drop-oldest` moves what is next in turn to the dead letters, reason
   * `displaced`, be it there by a publish, a delay or because it was given back.
   */
  readonly overflow: 'reject' | 'drop-oldest';
  /** Longest stay of a message, in milliseconds; then it goes to the dead letters. */
  readonly messageTtlMs: number;
  /** Longest stay of a dead letter, in milliseconds. */
  readonly deadLetterTtlMs: number;
  /** Dead letters at most; above it the oldest are dropped, so that a full queue never blocks. */
  readonly deadLetterMaxLength: number;
}
