import type { Message } from '../../job/message.js';
import type { Clock } from '../../kernel/clock.js';
import type { Detached } from '../../kernel/detached.js';
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
import { DelayHeap } from './delay-heap.js';
import { MemoryRoom } from './memory-room.js';

export interface MemoryBrokerParts {
  readonly clock: Clock;
  /** Deliveries run in this context, not in that of the enqueue. */
  readonly detached: Detached;
}

/** Longest single delay of the RabbitMQ adapter; kept here too, so that both behave alike. */
const LONGEST_DELAY_MS = 2 ** 32 - 1;

/**
 * A broker in this process with the semantics of the RabbitMQ adapter: delay, prefetch, redelivery, delivery limit,
 * dead letters. Its messages end with the process. Everything is delivered from a turn of the event loop of its
 * own, never inside `publish`.
 */
export class MemoryBroker implements Broker {
  readonly kind = 'memory';
  private readonly rooms = new Map<string, MemoryRoom>();
  private readonly delays: DelayHeap;
  private isClosed = false;

  constructor(private readonly parts: MemoryBrokerParts) {
    this.delays = new DelayHeap(parts.clock);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  ensureQueue(spec: QueueSpec): Promise<void> {
    return this.attempt(() => {
      const existing = this.rooms.get(spec.name);
      if (existing) existing.requireSame(spec);
      else this.rooms.set(spec.name, new MemoryRoom(spec, this.parts.clock, this.parts.detached));
    });
  }

  publish(message: Message, { queue, delayMs }: PublishTarget): Promise<void> {
    return this.attempt(() => {
      const copy = copyOf(message);
      if (delayMs === undefined || delayMs <= 0) {
        this.room(queue).enter(copy);
        return;
      }
      // As with RabbitMQ, a delayed message finds out only when it is due whether its queue is there and has room.
      const dueAt = this.parts.clock.now() + Math.min(Math.ceil(delayMs), LONGEST_DELAY_MS);
      this.delays.add(dueAt, () => this.rooms.get(queue)?.enterDue(copy));
    });
  }

  bury(message: Message, queue: string): Promise<void> {
    return this.attempt(() => this.room(queue).bury(copyOf(message), undefined));
  }

  consume(queue: string, options: ConsumeOptions, listener: DeliveryListener): Promise<Consumption> {
    return this.attempt(() => this.room(queue).consume(options, listener));
  }

  visitDeadLetters(queue: string, visit: DeadLetterVisitor): Promise<void> {
    return this.attempt(() => this.room(queue).visitDeadLetters(visit));
  }

  stats(queue: string): Promise<QueueStats> {
    return this.attempt(() => this.room(queue).stats());
  }

  status(): BrokerStatus {
    return {
      state: this.isClosed ? 'closed' : 'connected',
      text: 'in the memory of this process',
      consumers: [...this.rooms.values()].flatMap((room) => room.consumers()),
    };
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.delays.clear();
    for (const room of this.rooms.values()) room.close();
    return Promise.resolve();
  }

  /** For tests: ends the life of the queue's consumers as a closed channel does. */
  loseConsumers(queue: string, why: string): void {
    this.rooms.get(queue)?.loseConsumers(why);
  }

  private room(queue: string): MemoryRoom {
    const room = this.rooms.get(queue);
    if (room) return room;
    throw new WarrenError(
      'WARREN_UNROUTABLE',
      `No queue '${queue}' exists: nothing took the message. Declare it first.`,
      {
        details: { queue },
      },
    );
  }

  private attempt<T>(action: () => T): Promise<T> {
    return new Promise((resolve) => {
      if (this.isClosed) throw new WarrenError('WARREN_CLOSED', 'The broker is closed.');
      resolve(action());
    });
  }
}

/** The publisher may go on changing its headers. */
function copyOf(message: Message): Message {
  return Object.freeze({ ...message, headers: Object.freeze({ ...message.headers }) });
}
