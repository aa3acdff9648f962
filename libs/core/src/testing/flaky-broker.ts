import type { Message } from '../job/message.js';
import type { Broker, PublishTarget } from '../ports/broker.js';

/** Faults to come, each used up by the operation it hits. */
export class BrokerFaults {
  private readonly refusedPublishes: Error[] = [];
  private readonly lostConfirms: Error[] = [];
  private readonly refusedBuries: Error[] = [];
  private duplicates = 0;

  /** The next publishes fail, and nothing arrives. */
  failPublishes(count: number, error: Error): void {
    for (let index = 0; index < count; index += 1) this.refusedPublishes.push(error);
  }

  /** The next publishes arrive, but their caller hears of an error. */
  loseConfirms(count: number, error: Error): void {
    for (let index = 0; index < count; index += 1) this.lostConfirms.push(error);
  }

  /** The next publishes arrive twice. */
  duplicatePublishes(count: number): void {
    this.duplicates += count;
  }

  /** The next publishes into dead letters fail. */
  failBuries(count: number, error: Error): void {
    for (let index = 0; index < count; index += 1) this.refusedBuries.push(error);
  }

  async publish(broker: Broker, message: Message, target: PublishTarget): Promise<void> {
    const refusal = this.refusedPublishes.shift();
    if (refusal) throw refusal;
    await broker.publish(message, target);
    if (this.duplicates > 0) {
      this.duplicates -= 1;
      await broker.publish(message, target);
    }
    const lost = this.lostConfirms.shift();
    if (lost) throw lost;
  }

  async bury(broker: Broker, message: Message, queue: string): Promise<void> {
    const refusal = this.refusedBuries.shift();
    if (refusal) throw refusal;
    await broker.bury(message, queue);
  }
}

/** Any broker, with faults on demand. */
export function flakyBroker(broker: Broker, faults: BrokerFaults): Broker {
  return {
    kind: `flaky ${broker.kind}`,
    start: () => broker.start(),
    ensureQueue: (queue) => broker.ensureQueue(queue),
    publish: (message, target) => faults.publish(broker, message, target),
    bury: (message, queue) => faults.bury(broker, message, queue),
    consume: (queue, options, listener) => broker.consume(queue, options, listener),
    visitDeadLetters: (queue, visit) => broker.visitDeadLetters(queue, visit),
    stats: (queue) => broker.stats(queue),
    status: () => broker.status(),
    close: () => broker.close(),
  };
}
