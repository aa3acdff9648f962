import type { ConsumeOptions, Consumption, DeliveryListener } from '../../ports/broker.js';
import { settleOnce, type Settlement, type SettleResult } from '../../ports/delivery.js';
import type { Held } from './memory-queue.js';

/** What the consumer tells its queue's owner. */
export interface ConsumerOwner {
  onAck(): void;
  onGiveBack(held: Held): void;
  onReject(held: Held): void;
  /** Its hand-over ended without an outcome, because the consumer's life did. */
  onCrash(held: Held): void;
  onStopped(): void;
}

/** One consumer: takes at most `prefetch` unsettled messages; lives through several incarnations. */
export class MemoryConsumer implements Consumption {
  private readonly unsettled = new Set<Held>();
  private incarnation = 1;
  private isStopped = false;

  constructor(
    readonly queue: string,
    private readonly options: ConsumeOptions,
    private readonly listener: DeliveryListener,
    private readonly owner: ConsumerOwner,
  ) {
    listener.onAttached?.(this.incarnation);
  }

  get isAttached(): boolean {
    return !this.isStopped;
  }

  get hasRoom(): boolean {
    return !this.isStopped && this.unsettled.size < this.options.prefetch;
  }

  stop(): Promise<void> {
    if (!this.isStopped) {
      this.isStopped = true;
      this.owner.onStopped();
    }
    return Promise.resolve();
  }

  deliver(held: Held): void {
    this.unsettled.add(held);
    const { message, redelivered, deliveryCount } = held;
    this.listener.onDelivery({
      message,
      queue: this.queue,
      redelivered,
      deliveryCount,
      incarnation: this.incarnation,
      settlement: this.settlementOf(held, this.incarnation),
    });
  }

  /** Ends this life as a closed channel does, and, unless stopped, begins the next. */
  lose(why: string): void {
    const lost = [...this.unsettled];
    this.unsettled.clear();
    const ended = this.incarnation;
    this.incarnation += 1;
    this.listener.onLost(ended, why);
    for (const held of lost) this.owner.onCrash(held);
    if (!this.isStopped) this.listener.onAttached?.(this.incarnation);
  }

  private settlementOf(held: Held, incarnation: number): Settlement {
    const settle = (then: (held: Held) => void): SettleResult => {
      if (incarnation !== this.incarnation) return 'lost';
      this.unsettled.delete(held);
      then(held);
      return 'sent';
    };
    return settleOnce(
      {
        ack: () => settle(() => this.owner.onAck()),
        giveBack: () => settle((returned) => this.owner.onGiveBack(returned)),
        reject: () => settle((refused) => this.owner.onReject(refused)),
      },
      `queue ${this.queue}`,
    );
  }
}
