import type { Message } from '../../job/message.js';
import type { Clock } from '../../kernel/clock.js';
import { captureContext, type Detached } from '../../kernel/detached.js';
import { WarrenError } from '../../kernel/errors/index.js';
import type {
  Broker,
  BrokerStatus,
  ConsumeOptions,
  Consumption,
  DeadLetterVisitor,
  DeliveryListener,
  PublishTarget,
  QueueSpec,
  QueueStats,
} from '../../ports/broker.js';
import type { BrokerOperations } from '../../ports/broker-operations.js';
import type { Finding } from '../../ports/finding.js';
import type { BrokerCaps } from '../../ports/queue-caps.js';
import type { LevelledQueue } from './levelled-queue.js';
import type { MemoryConsumer } from './memory-consumer.js';
import { MemoryQueues } from './memory-queues.js';
import { MemorySignals, SignalAir } from './memory-signals.js';

export interface MemoryBrokerParts {
  readonly clock: Clock;
  /** Listeners run in this context. Default: the one in which the broker is made. */
  readonly detached?: Detached;
}

/**
 * A broker in this process, with the semantics of the RabbitMQ adapter: delay, prefetch, redelivery, delivery limit,
 * dead letters. Its messages end with the process. A delayed message that finds its queue full enters all the same.
 */
export class MemoryBroker implements Broker {
  readonly kind = 'memory';
  readonly signals: MemorySignals;
  readonly caps: BrokerCaps = {
    read: (queue) => this.answer(() => this.queues.find(queue)?.caps ?? {}),
    change: ({ name }, change) => this.answer(() => this.queues.get(name).cap(change)),
  };
  readonly operations: BrokerOperations = {
    names: () => this.answer(() => this.queues.names),
    purge: (queue) => this.answer(() => this.require(queue).purge()),
    objects: (specs) =>
      specs.map(({ name }) => ({ kind: 'queue', name, facts: { role: 'jobs and dead letters' } })),
  };
  private consumers: MemoryConsumer[] = [];
  /** Queues that exist with other arguments than were wanted here. */
  private readonly refusals = new Map<string, unknown>();
  private isClosed = false;

  /** Use `createMemoryBroker`, or `connect` of another one. */
  constructor(
    private readonly queues: MemoryQueues,
    private readonly air = new SignalAir(),
  ) {
    this.signals = new MemorySignals(air);
    queues.connect();
  }

  /**
   * Another broker on the same queues, for a second application of this process or of a test: each has consumers of
   * its own and is closed on its own. What waits outlives them all, and goes on when the next one connects.
   */
  connect(): MemoryBroker {
    return new MemoryBroker(this.queues, this.air);
  }

  start(): Promise<void> {
    return this.answer(() => undefined);
  }

  ensureQueue(spec: QueueSpec): Promise<void> {
    return this.answer(() => {
      try {
        this.queues.ensure(spec);
        this.refusals.delete(spec.name);
      } catch (error) {
        this.refusals.set(spec.name, error);
        throw error;
      }
    });
  }

  publish(message: Message, { queue, delayMs }: PublishTarget): Promise<void> {
    return this.answer(() => {
      if (this.refusals.has(queue)) throw this.refusals.get(queue);
      this.queues.publish(copyOf(message), queue, delayMs ?? 0);
    });
  }

  bury(message: Message, queue: string): Promise<void> {
    return this.answer(() => this.queues.get(queue).bury(copyOf(message)));
  }

  consume(queue: string, options: ConsumeOptions, listener: DeliveryListener): Promise<Consumption> {
    return this.answer(() => {
      const consumer = this.queues.get(queue).consume(options, listener);
      this.consumers = [...this.consumers.filter(({ isGone }) => !isGone), consumer];
      return consumer;
    });
  }

  async visitDeadLetters(queue: string, visit: DeadLetterVisitor): Promise<void> {
    const walk = (): Promise<void> =>
      this.queues.find(queue)?.visitDeadLetters(visit, copyOf) ?? Promise.resolve();
    await this.answer(walk);
  }

  stats(queue: string): Promise<QueueStats> {
    return this.answer(() => this.queues.get(queue).stats());
  }

  status(): BrokerStatus {
    return {
      state: this.isClosed ? 'closed' : 'connected',
      text: 'in the memory of this process',
      consumers: this.consumers
        .filter(({ isStopped }) => !isStopped)
        .map(({ queue, isAttached }) => ({ queue, attached: isAttached })),
    };
  }

  /** There is nothing that could differ from what is wanted. */
  inspect(): Promise<readonly Finding[]> {
    const { text } = this.status();
    return Promise.resolve([
      this.isClosed
        ? { level: 'fail', subject: 'broker', message: `${text}, closed` }
        : { level: 'ok', subject: 'broker', message: text },
    ]);
  }

  close(): Promise<void> {
    if (!this.isClosed) {
      this.isClosed = true;
      for (const consumer of this.consumers) consumer.end();
      this.signals.close();
      this.queues.disconnect();
    }
    return Promise.resolve();
  }

  /**
   * For tests: ends the life of all consumers of a queue, as the death of their channels does. Their unsettled
   * deliveries come again and count towards the delivery limit.
   */
  loseConsumers(queue: string, why = 'the channel died'): void {
    this.queues.get(queue).loseConsumers(why);
  }

  private require(queue: string): LevelledQueue {
    const found = this.queues.find(queue);
    if (found) return found;
    throw new WarrenError(
      'WARREN_QUEUE_NOT_FOUND',
      `There is no queue '${queue}' in this process. Look at the name, or start its worker first.`,
      { details: { queue } },
    );
  }

  private answer<T>(act: () => T): Promise<T> {
    try {
      if (this.isClosed) {
        throw new WarrenError(
          'WARREN_CLOSED',
          'The memory broker is closed; nothing can be done with it any more.',
        );
      }
      return Promise.resolve(act());
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

/** A broker in this process, on queues of its own; see MemoryBroker. */
export function createMemoryBroker({ clock, detached = captureContext() }: MemoryBrokerParts): MemoryBroker {
  return new MemoryBroker(new MemoryQueues(clock, detached), new SignalAir(detached));
}

/** The publisher may go on changing its headers. The body's bytes are shared. */
function copyOf(message: Message): Message {
  return Object.freeze({ ...message, headers: Object.freeze({ ...message.headers }) });
}
