import type { DeliveryListener } from '../../ports/broker.js';
import type { Delivery } from '../../ports/delivery.js';
import { until } from '../until.js';

/** A listener that keeps what it is told. */
export class Collector implements DeliveryListener {
  readonly deliveries: Delivery[] = [];
  readonly losses: Array<{ readonly incarnation: number; readonly why: string }> = [];

  /** `react` is called for each delivery, after it was kept. */
  constructor(private readonly react: (delivery: Delivery) => void = () => undefined) {}

  onDelivery(delivery: Delivery): void {
    this.deliveries.push(delivery);
    this.react(delivery);
  }

  onLost(incarnation: number, why: string): void {
    this.losses.push({ incarnation, why });
  }

  /** Message ids in the order they came. */
  get ids(): Array<string | undefined> {
    return this.deliveries.map(({ message }) => message.messageId);
  }

  /** Waits for that many deliveries and returns them. */
  async received(count: number): Promise<readonly Delivery[]> {
    await until(
      () => this.deliveries.length >= count,
      () => `${count} deliveries came; there are ${this.deliveries.length}: ${this.ids.join(', ')}`,
    );
    return this.deliveries;
  }

  /** Waits for the delivery at that place, counted from 0. */
  async at(index: number): Promise<Delivery> {
    return (await this.received(index + 1))[index]!;
  }
}
