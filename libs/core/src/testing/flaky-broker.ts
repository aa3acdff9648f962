import type { Message } from '../job/message.js';
import { sleep, systemClock, type Clock } from '../kernel/clock.js';
import type { Broker, PublishTarget } from '../ports/broker.js';

/** Faults to come, each used up by the operation it hits. A test keeps this and orders faults while jobs run. */
export class BrokerFaults {
  private readonly refusedPublishes: Error[] = [];
  private readonly lostConfirms: Error[] = [];
  private readonly refusedBuries: Error[] = [];
  private duplicates = 0;
  private slowMs = 0;
  /** Whether the broker says that it takes no publishes, as RabbitMQ does under an alarm. */
  isBlocked = false;

  /** `clock` is what slow operations wait on. */
  constructor(private readonly clock: Clock = systemClock) {}

  /** The next publishes fail, and nothing arrives. */
  failPublishes(count: number, error: Error): void {
    order(this.refusedPublishes, count, error);
  }

  /** The next publishes arrive, but their caller hears of an error. */
  loseConfirms(count: number, error: Error): void {
    order(this.lostConfirms, count, error);
  }

  /** The next publishes arrive twice. */
  duplicatePublishes(count: number): void {
    this.duplicates += count;
  }

  /** The next publishes into dead letters fail, and nothing arrives. */
  failBuries(count: number, error: Error): void {
    order(this.refusedBuries, count, error);
  }

  /** From now on, publishing and burying take that many milliseconds longer; 0 ends it. */
  slowDown(byMs: number): void {
    this.slowMs = byMs;
  }

  /** Faults ordered that have hit nothing yet. */
  get outstanding(): number {
    const { refusedPublishes, lostConfirms, refusedBuries, duplicates } = this;
    return refusedPublishes.length + lostConfirms.length + refusedBuries.length + duplicates;
  }

  async publish(broker: Broker, message: Message, target: PublishTarget): Promise<void> {
    await this.slowness();
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
    await this.slowness();
    const refusal = this.refusedBuries.shift();
    if (refusal) throw refusal;
    await broker.bury(message, queue);
  }

  private async slowness(): Promise<void> {
    if (this.slowMs > 0) await sleep(this.clock, this.slowMs);
  }
}

/** Any broker, with faults on demand. */
export function flakyBroker(broker: Broker, faults: BrokerFaults): Broker {
  return {
    kind: `flaky ${broker.kind}`,
    ...(broker.signals && { signals: broker.signals }),
    start: () => broker.start(),
    ensureQueue: (queue) => broker.ensureQueue(queue),
    publish: (message, target) => faults.publish(broker, message, target),
    bury: (message, queue) => faults.bury(broker, message, queue),
    consume: (queue, options, listener) => broker.consume(queue, options, listener),
    visitDeadLetters: (queue, visit) => broker.visitDeadLetters(queue, visit),
    stats: (queue) => broker.stats(queue),
    status: () => (faults.isBlocked ? { ...broker.status(), state: 'blocked' } : broker.status()),
    ...(broker.caps && { caps: broker.caps }),
    ...(broker.operations && { operations: broker.operations }),
    ...(broker.inspect && { inspect: (needs, options) => broker.inspect!(needs, options) }),
    ...(broker.onServer && { onServer: (told) => broker.onServer!(told) }),
    close: () => broker.close(),
  };
}

function order(faults: Error[], count: number, error: Error): void {
  for (let index = 0; index < count; index += 1) faults.push(error);
}
