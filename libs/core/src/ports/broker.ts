import type { FailureReason } from '../job/envelope.js';
import type { Message } from '../job/message.js';
import type { Delivery } from './delivery.js';
import type { Finding, InspectOptions, QueueNeeds } from './finding.js';
import type { BrokerOperations } from './broker-operations.js';
import type { BrokerCaps } from './queue-caps.js';
import type { QueueSpec } from './queue-spec.js';
import type { Signals } from './signals.js';

export type { QueueSpec };

/**
 * What moves jobs. It knows messages and queues, nothing of handlers, attempts or policies. Every implementation
 * passes `brokerContract` of `nestjs-warren/testing`.
 *
 * Queue names are without the application's prefix everywhere in this port.
 */
export interface Broker {
  readonly kind: string;

  /** Broadcasts between processes. Optional: without them this process hears of itself alone. */
  readonly signals?: Signals;

  /**
   * Connects. Resolves when the first try succeeded, or failed in a way that may heal (the broker then goes on
   * trying by itself). From the call on, queues may be declared and messages published: they wait for it.
   * @throws WarrenError WARREN_ACCESS_REFUSED when the broker refuses user, password or virtual host.
   */
  start(): Promise<void>;

  /**
   * Declares the queue, its dead-letter queue and what they hang on. Idempotent. While disconnected, or when the
   * connection ends meanwhile, it is remembered and declared on connect. Publishes to it need not wait for the
   * answer: they are held until it is there, within their own time limit, and fail with its refusal.
   * @throws WarrenError WARREN_TOPOLOGY_MISMATCH when the queue exists with other arguments.
   */
  ensureQueue(queue: QueueSpec): Promise<void>;

  /**
   * Puts a message into a queue, or, with a delay, into the queue after that delay (never early; a delay above the
   * broker's longest is cut to it). In a queue with priorities it waits at the level of its `priority`. Resolves when the broker has it safely. A queue that was declared here and is
   * gone since is declared anew where the broker may.
   * @throws WarrenError WARREN_UNROUTABLE, WARREN_PUBLISH_REFUSED; QueueFullError: not accepted.
   * @throws WarrenError WARREN_PUBLISH_TIMEOUT: no answer in time; accepted or not is unknown.
   * @throws WarrenError WARREN_NOT_CONNECTED, WARREN_PUBLISH_BACKLOG: not sent in time. WARREN_CLOSED after close.
   */
  publish(message: Message, target: PublishTarget): Promise<void>;

  /** Puts a message into the queue's dead letters. Resolves and throws as `publish`. */
  bury(message: Message, queue: string): Promise<void>;

  /**
   * Takes messages from a queue, at most `prefetch` unsettled at a time. Heals by itself: whenever the consumer
   * ends without having been stopped, `onLost` is told and a new incarnation begins as soon as possible.
   * Resolves when the first incarnation is attached, or at once while disconnected.
   */
  consume(queue: string, options: ConsumeOptions, listener: DeliveryListener): Promise<Consumption>;

  /**
   * Walks once through the dead letters of a queue that are there at the start, oldest first, and does with each
   * what the visitor says. Those kept stay in the queue in their order. A queue that does not exist has none. Not
   * meant to run twice at the same time.
   */
  visitDeadLetters(queue: string, visit: DeadLetterVisitor): Promise<void>;

  stats(queue: string): Promise<QueueStats>;

  status(): BrokerStatus;

  /**
   * Compares what is there with what is wanted, for these queues and those declared before. Changes nothing, never
   * rejects, and ends within its limit, also while disconnected. Optional: without it there is nothing to compare.
   */
  inspect?(needs: readonly QueueNeeds[], options: InspectOptions): Promise<readonly Finding[]>;

  /**
   * Tells the name and version of the server at the first connect and at each that meets another version, for those
   * who inspect it then. Must be called before `start`; one listener.
   */
  onServer?(told: (server: string) => void): void;

  /** Limits of queues that exist. Optional: without it they stay as declared. */
  readonly caps?: BrokerCaps;

  /** For operators. Optional: without it queues are known by what else knows them, and cannot be emptied. */
  readonly operations?: BrokerOperations;

  /** Waits for publishes on their way (as long as they may take), then ends consumers and connections. */
  close(): Promise<void>;
}

export interface PublishTarget {
  readonly queue: string;
  readonly delayMs?: number;
}

export interface ConsumeOptions {
  readonly prefetch: number;
  /**
   * How long a delivery may stay unsettled, in milliseconds; undefined: any time. For brokers that take deliveries
   * back after a time of their own.
   */
  readonly longestHoldMs?: number | undefined;
  /** Of a queue with priorities: the level that is taken from. Default: the normal one. */
  readonly priority?: number | undefined;
}

/** Called in order, outside any request's async context. Must not throw. */
export interface DeliveryListener {
  onDelivery(delivery: Delivery): void;
  /** The consumer's life ended unasked: its unsettled deliveries come again, and their settlements do nothing. */
  onLost(incarnation: number, why: string): void;
  /** A new incarnation takes messages. */
  onAttached?(incarnation: number): void;
}

export interface Consumption {
  readonly isAttached: boolean;
  /** Takes nothing more. Deliveries already handed over may still be settled until the broker closes. */
  stop(): Promise<void>;
  /**
   * From now on takes up to so many messages besides its prefetch; 0: no more. Done as soon as possible, and lasts over
   * incarnations. Optional: without it, a consumer takes what its prefetch says.
   */
  readAhead?(count: number): void;
}

export interface DeadLetter {
  readonly message: Message;
  /** Why the broker itself put it there, for messages whose end Warren did not see; else undefined. */
  readonly brokerReason: FailureReason | undefined;
}

export type DeadLetterDecision =
  | 'keep'
  | 'discard'
  /** Stops the walk; this one and the rest are kept. */
  | 'stop'
  /** Publishes this message into the queue, confirmed, and only then removes the dead letter. */
  | { readonly requeue: Message };

/** While it takes its time, the walk waits, and those who walk beside it do not meet what it has met. */
export type DeadLetterVisitor = (letter: DeadLetter) => DeadLetterDecision | Promise<DeadLetterDecision>;

/** Of all levels together. */
export interface QueueStats {
  /** Waiting to be taken. */
  readonly ready: number;
  readonly deadLetters: number;
  /** Of a queue with priorities: those of the level that has the most. */
  readonly consumers: number;
}

export interface BrokerStatus {
  readonly state: 'connecting' | 'connected' | 'blocked' | 'closed';
  /** One line for humans: address without credentials, version, what is wrong. */
  readonly text: string;
  /** Connections made anew since the start, as the one before was lost; undefined: it has none that could be. */
  readonly reconnects?: number;
  /** Queues consumed, and whether a consumer is attached to each; a queue with priorities stands there for each level. */
  readonly consumers: ReadonlyArray<{ readonly queue: string; readonly attached: boolean }>;
}
