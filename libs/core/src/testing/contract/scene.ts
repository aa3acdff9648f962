import { createIdSource } from '../../kernel/ids.js';
import { systemClock } from '../../kernel/clock.js';
import { systemRandom } from '../../kernel/random.js';
import type { Message } from '../../job/message.js';
import type { Broker, Consumption, DeadLetter, QueueSpec, QueueStats } from '../../ports/broker.js';
import type { Delivery } from '../../ports/delivery.js';
import { until } from '../until.js';
import type { BrokerUnderTest } from './broker-under-test.js';
import { Collector } from './collector.js';

const HOUR_MS = 3_600_000;

const ids = createIdSource(systemClock, systemRandom);

export interface ConsumeSetup {
  readonly prefetch?: number;
  /** Level of a queue with priorities. Default: the normal one. */
  readonly priority?: number;
  readonly react?: (delivery: Delivery) => void;
  /** Default: the broker under test. */
  readonly on?: Broker;
}

/** What one case works with: queues of its own, consumers that end with it, and the questions it asks. */
export class Scene {
  private readonly consumptions: Consumption[] = [];
  private readonly collectors: Collector[] = [];
  private readonly connected: Broker[] = [];

  constructor(private readonly subject: BrokerUnderTest) {}

  get broker(): Broker {
    return this.subject.broker;
  }

  /** A queue name that no other case uses. */
  freshName(): string {
    return `contract-${ids.token()}`;
  }

  spec(name: string, overrides: Partial<QueueSpec> = {}): QueueSpec {
    return {
      name,
      type: this.subject.queueType ?? 'quorum',
      deliveryLimit: 20,
      maxLength: undefined,
      overflow: 'reject',
      messageTtlMs: HOUR_MS,
      deadLetterTtlMs: HOUR_MS,
      deadLetterMaxLength: 1_000,
      ...overrides,
    };
  }

  /** Declares a queue of its own and returns its name. */
  async queue(overrides: Partial<QueueSpec> = {}): Promise<string> {
    const name = this.freshName();
    await this.broker.ensureQueue(this.spec(name, overrides));
    return name;
  }

  /** Another started broker that declared the queue too, as every process does; closed at the end. */
  async connectTo(queue: string, overrides: Partial<QueueSpec> = {}): Promise<Broker> {
    const other = await this.connect();
    await other.ensureQueue(this.spec(queue, overrides));
    return other;
  }

  /** Another started broker on the same server; closed at the end. */
  async connect(): Promise<Broker> {
    const other = await this.subject.connect();
    this.connected.push(other);
    return other;
  }

  async consume(queue: string, setup: ConsumeSetup = {}): Promise<Collector & { consumption: Consumption }> {
    const collector = new Collector(setup.react);
    const { on = this.broker, prefetch = 100, priority } = setup;
    const consumption = await on.consume(queue, { prefetch, priority }, collector);
    this.collectors.push(collector);
    this.consumptions.push(consumption);
    return Object.assign(collector, { consumption });
  }

  async loseConsumers(queue: string): Promise<void> {
    if (!this.subject.loseConsumers) {
      throw new Error(
        "This broker under test has no loseConsumers: give one, or say `without: ['loseConsumers']`.",
      );
    }
    await this.subject.loseConsumers(queue);
  }

  publish(queue: string, messageId: string, delayMs?: number): Promise<void> {
    return this.broker.publish(message(messageId), { queue, ...(delayMs !== undefined && { delayMs }) });
  }

  async publishAll(queue: string, messageIds: readonly string[]): Promise<void> {
    for (const id of messageIds) await this.publish(queue, id);
  }

  async buryAll(queue: string, messageIds: readonly string[]): Promise<void> {
    for (const id of messageIds) await this.broker.bury(message(id), queue);
  }

  /** Everything in the dead letters, which stays there. */
  async deadLetters(queue: string): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    await this.broker.visitDeadLetters(queue, (letter) => {
      letters.push(letter);
      return 'keep';
    });
    return letters;
  }

  async deadIds(queue: string): Promise<Array<string | undefined>> {
    return (await this.deadLetters(queue)).map((letter) => letter.message.messageId);
  }

  /** The broker's own counts may trail behind a little, so they are waited for. */
  async untilStats(queue: string, wanted: Partial<QueueStats>): Promise<void> {
    let last: QueueStats | undefined;
    await until(
      async () => {
        last = await this.broker.stats(queue);
        return Object.entries(wanted).every(([name, value]) => last?.[name as keyof QueueStats] === value);
      },
      () => `the queue's counts are ${JSON.stringify(wanted)}; they are ${JSON.stringify(last)}`,
    );
  }

  /** Takes nothing more and acks what is still open, so that the next case finds the broker as this one did. */
  async end(): Promise<void> {
    for (const consumption of this.consumptions) await consumption.stop();
    for (const { settlement } of this.collectors.flatMap(({ deliveries }) => deliveries)) {
      try {
        settlement.ack();
      } catch {
        // Settled by the case.
      }
    }
    for (const broker of this.connected) await broker.close();
  }
}

/** A message with an id and a body that tells it apart. */
export function message(messageId: string, more: Partial<Message> = {}): Message {
  return {
    body: Buffer.from(JSON.stringify(messageId)),
    messageId,
    type: 'contract:case',
    headers: {},
    ...more,
  };
}

/** `m-0` .. `m-(count-1)` */
export function someIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `m-${index}`);
}
