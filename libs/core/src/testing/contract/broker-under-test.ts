import type { Broker } from '../../ports/broker.js';

/** A broker to be put to the test, started, and what the test needs besides the port. */
export interface BrokerUnderTest {
  readonly broker: Broker;
  /** Another started broker on the same queues, as a second process has. Closed by the case that opened it. */
  connect(): Promise<Broker>;
  /** Kills the channel of that queue's consumers of `broker`, as a fault would. Without it: say so in `without`. */
  loseConsumers?(queue: string): void | Promise<void>;
  /** Type of the queues that cases declare. Default `quorum`. */
  readonly queueType?: 'quorum' | 'classic';
  /** Closes everything and takes the queues away. */
  dispose(): Promise<void>;
}
