/** A queue as it is wanted. */
export interface QueueSpec {
  readonly name: string;
  /** `quorum` is replicated; `classic` lives on one node. */
  readonly type: 'quorum' | 'classic';
  /** Deliveries without an outcome before a message counts as poison. */
  readonly deliveryLimit: number;
  /** Waiting messages at most, those handed out not counted. Undefined: no limit. */
  readonly maxLength: number | undefined;
  /** Bytes of the bodies of those at most; a broker may count headers, too. Undefined: no limit. */
  readonly maxBytes?: number | undefined;
  /**
   * At a limit: `reject` refuses at publish; `drop-oldest` moves what is next in turn to the dead letters, reason
   * `displaced`, be it there by a publish, a delay or because it was given back.
   */
  readonly overflow: 'reject' | 'drop-oldest';
  /** Longest stay of a message, in milliseconds; then it goes to the dead letters. */
  readonly messageTtlMs: number;
  /** Longest stay of a dead letter, in milliseconds. */
  readonly deadLetterTtlMs: number;
  /** Dead letters at most; above it the oldest are dropped, so that a full queue never blocks. */
  readonly deadLetterMaxLength: number;
  /**
   * `false`: somebody else makes the queue and its dead letters. They are looked for and never made, and what they were
   * made with is theirs to say. Where nobody else can make one, as in the memory of a process, it is made all the same.
   * Undefined: true.
   */
  readonly declare?: boolean;
  /**
   * How many levels of priority it has; `priority` of a message chooses one (job/priority.ts), and each is consumed on its own.
   * A limit counts for each level. Undefined: none, and `priority` changes nothing.
   */
  readonly priorities?: number | undefined;
}
