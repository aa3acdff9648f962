import type { ConsumeOptions, Consumption, DeliveryListener } from '../../ports/broker.js';
import { settleOnce, type Settlement, type SettleResult } from '../../ports/delivery.js';
import type { Held } from './waiting-line.js';

/** What the consumer tells its queue. */
export interface ConsumerOwner {
  onAck(): void;
  onGiveBack(held: Held): void;
  onReject(held: Held): void;
  /** The hand-over ended without an outcome, because the consumer's life did. */
  onCrash(held: Held): void;
  /** It takes nothing more, and holds nothing. */
  onGone(consumer: MemoryConsumer): void;
}

/**
 * One consumer: takes at most `prefetch` unsettled messages. attached -> lost -> attached again -> stopped; each life
 * is an incarnation, and settlements belong to the life that brought their delivery.
 */
export class MemoryConsumer implements Consumption {
  private readonly unsettled = new Set<Held>();
  private readonly what: string;
  private incarnation = 0;
  private state: 'detached' | 'attached' | 'stopped' = 'detached';

  constructor(
    readonly queue: string,
    private readonly options: ConsumeOptions,
    private readonly listener: DeliveryListener,
    private readonly owner: ConsumerOwner,
  ) {
    this.what = `A delivery of queue '${queue}'`;
  }

  get isAttached(): boolean {
    return this.state === 'attached';
  }

  get isStopped(): boolean {
    return this.state === 'stopped';
  }

  /** Stopped, and nothing is unsettled. */
  get isGone(): boolean {
    return this.isStopped && this.unsettled.size === 0;
  }

  get hasRoom(): boolean {
    return this.room > 0;
  }

  /** Messages that it would take at once. */
  get room(): number {
    return this.state === 'attached' ? Math.max(0, this.options.prefetch - this.unsettled.size) : 0;
  }

  /** Begins a life, unless stopped meanwhile. */
  attach(): void {
    if (this.state !== 'detached') return;
    this.state = 'attached';
    this.incarnation += 1;
    this.listener.onAttached?.(this.incarnation);
  }

  stop(): Promise<void> {
    this.state = 'stopped';
    this.leaveIfDone();
    return Promise.resolve();
  }

  deliver(held: Held): void {
    this.unsettled.add(held);
    const { message, redelivered, deliveryCount } = held;
    const { queue, incarnation } = this;
    const settlement = this.settlementOf(held, incarnation);
    this.listener.onDelivery({ message, queue, redelivered, deliveryCount, incarnation, settlement });
  }

  /** Ends this life as the death of a channel does. Attach it again. */
  lose(why: string): void {
    const ended = this.incarnation;
    const lost = this.takeUnsettled();
    if (this.state === 'attached') this.state = 'detached';
    for (const held of lost) this.owner.onCrash(held);
    this.listener.onLost(ended, why);
    this.leaveIfDone();
  }

  /** Ends all lives; what is unsettled goes back. Nobody is told: this is what was asked for. */
  end(): void {
    this.state = 'stopped';
    for (const held of this.takeUnsettled()) this.owner.onGiveBack(held);
    this.leaveIfDone();
  }

  /** From here on, settlements of this life are lost. */
  private takeUnsettled(): Held[] {
    const taken = [...this.unsettled];
    this.unsettled.clear();
    return taken;
  }

  private leaveIfDone(): void {
    if (this.isGone) this.owner.onGone(this);
  }

  private settlementOf(held: Held, incarnation: number): Settlement {
    // The same message may be in the hands of a later life of this consumer.
    const isLost = () => incarnation !== this.incarnation || !this.unsettled.has(held);
    const settle = (then: () => void): SettleResult => {
      if (isLost()) return 'lost';
      this.unsettled.delete(held);
      then();
      this.leaveIfDone();
      return 'sent';
    };
    const { owner } = this;
    return settleOnce(
      {
        get isLost() {
          return isLost();
        },
        ack: () => settle(() => owner.onAck()),
        giveBack: () => settle(() => owner.onGiveBack(held)),
        reject: () => settle(() => owner.onReject(held)),
      },
      this.what,
    );
  }
}
