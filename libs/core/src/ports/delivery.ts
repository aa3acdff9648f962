import type { Message } from '../job/message.js';
import { WarrenError } from '../kernel/errors/index.js';

/** One hand-over of a message to one consumer, and, apart from it, the right to settle it once. */
export interface Delivery {
  readonly message: Message;
  /** The queue's name without the application's prefix. */
  readonly queue: string;
  /** Whether the broker handed this message out before. */
  readonly redelivered: boolean;
  /** How often the broker counts that this message came back without an outcome; 0 at first. */
  readonly deliveryCount: number;
  /** Which life of the consumer brought it; `onLost` names the one that ended. */
  readonly incarnation: number;
  readonly settlement: Settlement;
}

/** `lost`: the consumer's life ended before, so that nothing was sent and the broker hands the message out again. */
export type SettleResult = 'sent' | 'lost';

/**
 * Exactly one of these may be called, once. They only send; none waits for the broker.
 * @throws WarrenError WARREN_BUG on the second call.
 */
export interface Settlement {
  /** Removes the message. */
  ack(): SettleResult;
  /** Returns the message to its queue, to be handed out again at once. */
  giveBack(): SettleResult;
  /** Refuses it for good: the queue's own dead-letter exchange takes it. */
  reject(): SettleResult;
}

/** Makes a settlement out of an adapter's operations that holds the promise to be used once. */
export function settleOnce(operations: Settlement, what: string): Settlement {
  let settled: keyof Settlement | undefined;
  const once = (operation: keyof Settlement): SettleResult => {
    if (settled) {
      throw new WarrenError(
        'WARREN_BUG',
        `${what}: ${operation} after ${settled}; a delivery is settled once.`,
      );
    }
    settled = operation;
    return operations[operation]();
  };
  return { ack: () => once('ack'), giveBack: () => once('giveBack'), reject: () => once('reject') };
}
