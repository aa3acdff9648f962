import type { QueueSpec } from './queue-spec.js';

/** What operators see of the queues at a broker, and do to what waits in them. */
export interface BrokerOperations {
  /** Names of the application's queues that are there; undefined: the broker cannot be asked for them from here. */
  names(): Promise<readonly string[] | undefined>;

  /**
   * Drops what waits in a queue, of all its levels. What consumers have in hand stays theirs, and so does what is not
   * yet due. Resolves with how many messages were dropped.
   * @throws WarrenError WARREN_QUEUE_NOT_FOUND where there is no such queue, WARREN_NOT_CONNECTED.
   */
  purge(queue: string): Promise<number>;

  /** What the application has at the broker beside its queues, and for these, in the order in which it is made. */
  objects(queues: readonly QueueSpec[]): readonly BrokerObject[];
}

/** One thing at the broker, as it should be. */
export interface BrokerObject {
  /** In the broker's words: `exchange`, `queue`, `binding`. */
  readonly kind: string;
  readonly name: string;
  /** What it is for, and how it is made. */
  readonly facts: Readonly<Record<string, string | number>>;
}
