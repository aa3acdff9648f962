import type { Duration } from '../kernel/duration.js';
import type { PolicyOptions } from '../job/policy.js';

/** One queue, under `queues` of the module. Those of the first group are fixed once the queue exists. */
export interface QueueOptions extends PolicyOptions {
  /** Default `quorum`: replicated, survives the loss of a node. `classic` lives on one node. */
  readonly type?: 'quorum' | 'classic';
  /** Deliveries without an outcome (crashes of the worker) before a job counts as poison. Default 5. */
  readonly deliveryLimit?: number;
  /** Waiting jobs at most; enqueue then throws WARREN_QUEUE_FULL. Default: no limit. */
  readonly maxLength?: number;
  /** Longest stay of a message in the queue; then it goes to the dead letters. Default 14 d. */
  readonly messageTtl?: Duration;
  /** Longest stay of a dead letter. Default 14 d. */
  readonly deadLetterTtl?: Duration;
  /** Dead letters at most; above it the oldest are dropped. Default 100,000. */
  readonly deadLetterMaxLength?: number;
  /** No job of the queue is tried more often, whatever it asks for. Default 1000. */
  readonly maxAttempts?: number;
}
