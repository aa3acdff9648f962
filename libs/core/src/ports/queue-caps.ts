import type { QueueSpec } from './queue-spec.js';

/** What of a queue can be lowered while it exists. */
export type CapName =
  | 'maxLength'
  | 'maxBytes'
  | 'overflow'
  | 'messageTtlMs'
  | 'deliveryLimit'
  | 'deadLetterTtlMs'
  | 'deadLetterMaxLength';

/** Names and units are those of QueueSpec; undefined: nothing is set. */
export type QueueCaps = { readonly [Name in CapName]?: QueueSpec[Name] | undefined };

/** Sets limits of queues over what they were made with, of which the lower counts, for all processes and until taken back. */
export interface BrokerCaps {
  /**
   * What is set for the queue now; nothing where it cannot be looked at from here.
   * @throws WarrenError WARREN_MANAGEMENT_FAILED.
   */
  read(queue: string): Promise<QueueCaps>;

  /**
   * Sets what the change names, and takes back what is undefined in it. Resolves when the broker has it. Changes to
   * `messageTtlMs` and `deadLetterTtlMs` are for messages that come later.
   * @throws WarrenError WARREN_QUEUE_FIXED when it cannot be done from here, with what to do; WARREN_MANAGEMENT_FAILED.
   */
  change(queue: QueueSpec, change: QueueCaps): Promise<void>;
}
