import type { Clock } from '../kernel/clock.js';
import type { Broker, ConsumeOptions, Consumption, DeliveryListener } from '../ports/broker.js';
import type { Delivery } from '../ports/delivery.js';
import { HandlerSlots } from './handler-slots.js';

/** Who takes what intakes bring. */
export interface IntakeOwner {
  onDelivery(delivery: Delivery, from: Intake): void;
  onLost(incarnation: number, why: string, from: Intake): void;
}

/**
 * One consumption of a queue, from its begin to its stop, with the slots for what it brings. The next one begins while
 * handlers of this one may still run; its incarnations are counted from 1 again, and it takes nothing ahead at first.
 */
export class Intake implements DeliveryListener {
  readonly slots: HandlerSlots;
  private consumption: Consumption | undefined;
  private ahead = 0;

  constructor(
    /** Attempts at once; where they wait for slots elsewhere, deliveries. */
    readonly concurrency: number,
    clock: Clock,
    private readonly owner: IntakeOwner,
  ) {
    this.slots = new HandlerSlots(concurrency, clock, (count) => this.readAhead(count));
  }

  /** @throws what `Broker.consume` throws. */
  async begin(broker: Broker, queue: string, options: Omit<ConsumeOptions, 'prefetch'>): Promise<void> {
    const { concurrency: prefetch } = this;
    this.consumption = await broker.consume(queue, { prefetch, ...options }, this);
    // The first handlers may be over before the broker has answered.
    if (this.ahead > 0) this.readAhead(this.ahead);
  }

  /** What waits for a slot goes back; what runs goes on. Resolves when the broker knows. */
  async stop(): Promise<void> {
    this.slots.refuse();
    await this.consumption?.stop();
  }

  onDelivery(delivery: Delivery): void {
    this.owner.onDelivery(delivery, this);
  }

  onLost(incarnation: number, why: string): void {
    this.owner.onLost(incarnation, why, this);
  }

  private readAhead(count: number): void {
    this.ahead = count;
    this.consumption?.readAhead?.(count);
  }
}
