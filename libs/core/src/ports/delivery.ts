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
  /** Whether the broker held it back for the whole of its delay, so that it is due whatever the clocks say. Default false. */
  readonly isDue?: boolean;
  /** Which life of the consumer brought it; `onLost` names the one that ended. */
  readonly incarnation: number;
  readonly settlement: Settlement;
}

/** `lost`: the consumer's life ended before, so that nothing was sent and the broker hands the message out again. */
export type SettleResult = 'sent' | 'lost';

/**
 * Exactly one of its calls may be made, once. They only send; none waits for the broker.
 * @throws WarrenError WARREN_BUG on the second call.
 */
export interface Settlement {
  /** Whether the right is gone: settling would do nothing, and the broker hands the message out again. */
  readonly isLost: boolean;
  /** Removes the message. */
  ack(): SettleResult;
  /** Returns the message to its queue, to be handed out again at once. */
  giveBack(): SettleResult;
  /** Refuses it for good: the queue's own dead-letter exchange takes it. */
  reject(): SettleResult;
}

/** Makes a settlement out of an adapter's operations that holds the promise to be used once. */
export function settleOnce(operations: Settlement, what: string): Settlement {
  return new OnceSettlement(operations, what);
}

class OnceSettlement implements Settlement {
  private settled: keyof Omit<Settlement, 'isLost'> | undefined;

  constructor(
    private readonly operations: Settlement,
    private readonly what: string,
  ) {}

  get isLost(): boolean {
    return this.operations.isLost;
  }

  ack(): SettleResult {
    this.claim('ack');
    return this.operations.ack();
  }

  giveBack(): SettleResult {
    this.claim('giveBack');
    return this.operations.giveBack();
  }

  reject(): SettleResult {
    this.claim('reject');
    return this.operations.reject();
  }

  private claim(operation: keyof Omit<Settlement, 'isLost'>): void {
    if (this.settled) {
      throw new WarrenError(
        'WARREN_BUG',
        `${this.what}: ${operation} after ${this.settled}; a delivery is settled once.`,
      );
    }
    this.settled = operation;
  }
}
