import type { Message } from '../job/message.js';
import { WarrenError } from '../kernel/errors/index.js';
import type {
  Broker,
  BrokerStatus,
  Consumption,
  PublishTarget,
  QueueSpec,
  QueueStats,
} from '../ports/broker.js';
import type { Finding } from '../ports/finding.js';
import type { BrokerCaps } from '../ports/queue-caps.js';
import type { Signals } from '../ports/signals.js';
import type { BrokerCall } from './protocol.js';

/** Has an operation done by the main thread. Resolves and rejects as it does there. */
export type AskBroker = (asks: BrokerCall) => Promise<unknown>;

/** The broker of a thread: the main thread's, reached through messages, so that threads need no connections. */
export class ForwardingBroker implements Broker {
  readonly kind = 'thread';

  /** The main thread hears them. */
  readonly signals: Signals = {
    send: (signal) => void this.ask({ operation: 'signal', given: [signal] }).catch(() => undefined),
    listen: () => () => undefined,
  };

  readonly caps: BrokerCaps = {
    read: () => Promise.resolve({}),
    change: ({ name }) => Promise.reject(notInThread(`limits of queue '${name}' cannot be changed`)),
  };

  constructor(private readonly ask: AskBroker) {}

  /** The main thread has started it before. */
  start(): Promise<void> {
    return Promise.resolve();
  }

  async ensureQueue(queue: QueueSpec): Promise<void> {
    await this.ask({ operation: 'ensureQueue', given: [queue] });
  }

  async publish(message: Message, target: PublishTarget): Promise<void> {
    await this.ask({ operation: 'publish', given: [withOwnBytes(message), target] });
  }

  async bury(message: Message, queue: string): Promise<void> {
    await this.ask({ operation: 'bury', given: [withOwnBytes(message), queue] });
  }

  async stats(queue: string): Promise<QueueStats> {
    return (await this.ask({ operation: 'stats', given: [queue] })) as QueueStats;
  }

  consume(queue: string): Promise<Consumption> {
    return Promise.reject(notInThread(`queue '${queue}' cannot be consumed`));
  }

  visitDeadLetters(queue: string): Promise<void> {
    return Promise.reject(notInThread(`the dead letters of queue '${queue}' cannot be reached`));
  }

  inspect(): Promise<Finding[]> {
    const message = 'A worker thread has no connection of its own to look through.';
    const fix = 'Check in the main thread.';
    return Promise.resolve([{ level: 'unknown', subject: 'broker', message, fix }]);
  }

  status(): BrokerStatus {
    return { state: 'connected', text: 'through the main thread, which knows the state', consumers: [] };
  }

  /** The main thread closes it. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A Buffer is a piece of a larger block, all of which would be copied. */
function withOwnBytes(message: Message): Message {
  return { ...message, body: new Uint8Array(message.body) };
}

function notInThread(what: string): WarrenError {
  return new WarrenError(
    'WARREN_THREAD_UNSUPPORTED',
    `In a worker thread ${what}: only the main thread is connected. Do it there, in a handler without isolation: 'thread' say.`,
  );
}
