import type { ChannelModel } from 'amqplib';
import type { Message } from '../../job/message.js';
import { WarrenError } from '../../kernel/errors/index.js';
import type { RabbitMqSettings } from '../../options/settings.js';
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
import { topologyRefusal } from './amqp-errors.js';
import { brokerVersion, requireVersion } from './broker-version.js';
import { onOwnChannel } from './channel.js';
import type { Route } from './confirms.js';
import { HealingConnection } from './connection.js';
import { QueueConsumer } from './consumer.js';
import { visitDeadLetterQueue } from './dead-letter-box.js';
import type { RabbitMqParts } from './parts.js';
import { Publisher } from './publisher.js';
import { TopologyDeclarer } from './topology/declare.js';
import { delayRoutingKey, entryLevel, ladderDelayMs, waitingRoomTarget } from './topology/delay-levels.js';
import { topologyNames, type TopologyNames } from './topology/names.js';

/**
 * The broker port over RabbitMQ. Two connections: one publishes, one consumes, so that back-pressure on publishers
 * never stops acks. Both heal by themselves; topology, consumers and waiting publishes come back with them.
 */
export class RabbitMqBroker implements Broker {
  readonly kind = 'rabbitmq';
  private readonly names: TopologyNames;
  private readonly declarer: TopologyDeclarer;
  private readonly publishing: HealingConnection;
  private readonly consuming: HealingConnection;
  private readonly publisher: Publisher;
  private readonly specs = new Map<string, QueueSpec>();
  /** Queues that could not be declared when the connection came back, with the reason. */
  private readonly refusals = new Map<string, Error>();
  private readonly consumers = new Set<QueueConsumer>();
  private version = '';
  private isClosed = false;

  constructor(
    settings: RabbitMqSettings,
    private readonly parts: RabbitMqParts,
  ) {
    this.names = topologyNames(settings.app);
    this.declarer = new TopologyDeclarer(this.names, settings.queueType, settings.declare);
    this.publisher = new Publisher(settings, parts, () => this.publishing.problem);
    this.publishing = new HealingConnection('publish', settings, this.publishingOwner(), parts);
    this.consuming = new HealingConnection('consume', settings, this.consumingOwner(), parts);
  }

  async start(): Promise<void> {
    await this.parts.detached(async () => {
      try {
        await this.publishing.start();
        await this.consuming.start();
      } catch (error) {
        await this.close();
        throw error;
      }
    });
  }

  async ensureQueue(spec: QueueSpec): Promise<void> {
    const known = this.specs.get(spec.name);
    if (known && !this.refusals.has(spec.name)) return;
    const model = this.publishing.current;
    if (model) await this.declareQueue(model, spec);
    this.specs.set(spec.name, spec);
    this.refusals.delete(spec.name);
  }

  publish(message: Message, { queue, delayMs = 0 }: PublishTarget): Promise<void> {
    const refusal = this.refusals.get(queue);
    if (refusal) return Promise.reject(refusal);
    return this.publisher.publish(
      message,
      delayMs > 0 ? this.delayedRoute(queue, delayMs) : this.route(queue),
    );
  }

  bury(message: Message, queue: string): Promise<void> {
    return this.publisher.publish(message, {
      exchange: this.names.deadExchange,
      routingKey: queue,
      queue: `dead letters of ${queue}`,
      isLimited: false,
    });
  }

  async consume(queue: string, options: ConsumeOptions, listener: DeliveryListener): Promise<Consumption> {
    if (this.isClosed) throw new WarrenError('WARREN_CLOSED', `consume('${queue}'): the broker is closed.`);
    const spec = this.specs.get(queue);
    const plan = {
      queue,
      queueName: this.names.queue(queue),
      prefetch: options.prefetch,
      // Without a spec the queue is somebody else's.
      declare: (model: ChannelModel) => (spec ? this.declareQueue(model, spec) : Promise.resolve()),
      heldModel: () => this.consuming.held,
    };
    const consumer = new QueueConsumer(plan, listener, this.parts);
    this.consumers.add(consumer);
    const model = this.consuming.current;
    if (model) await this.parts.detached(() => consumer.attach(model));
    return consumer;
  }

  visitDeadLetters(queue: string, visit: DeadLetterVisitor): Promise<void> {
    const requeue = (message: Message) => this.publisher.publish(message, this.route(queue));
    const startedAt = this.parts.clock.now();
    return visitDeadLetterQueue(this.model(), this.names.deadQueue(queue), visit, requeue, startedAt);
  }

  stats(queue: string): Promise<QueueStats> {
    return onOwnChannel(this.model(), async (channel) => {
      const { messageCount, consumerCount } = await channel.checkQueue(this.names.queue(queue));
      const dead = await channel.checkQueue(this.names.deadQueue(queue));
      return { ready: messageCount, deadLetters: dead.messageCount, consumers: consumerCount };
    });
  }

  status(): BrokerStatus {
    const states = [this.publishing.state, this.consuming.state];
    const state = states.includes('closed')
      ? 'closed'
      : states.includes('connecting')
        ? 'connecting'
        : states.includes('blocked')
          ? 'blocked'
          : 'connected';
    const problem = this.publishing.problem || this.consuming.problem;
    return {
      state,
      text: `RabbitMQ${this.version && ` ${this.version}`}: ${problem || state}`,
      consumers: [...this.consumers].map(({ queue, isAttached }) => ({ queue, attached: isAttached })),
    };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.consumers].map((consumer) => consumer.close()));
    await this.publisher.close();
    await Promise.all([this.consuming.close(), this.publishing.close()]);
  }

  private publishingOwner() {
    return {
      setUp: async (model: ChannelModel): Promise<void> => {
        const version = brokerVersion(model);
        requireVersion(version);
        this.version = version.text;
        await this.declareBase(model);
        await this.declareKnownQueues(model);
        await this.openPublisher(model);
      },
      tornDown: () => this.publisher.detach(),
      onBlocked: () => this.publisher.block(),
      onUnblocked: () => this.publisher.unblock(),
    };
  }

  private consumingOwner() {
    return {
      setUp: async (model: ChannelModel): Promise<void> => {
        await this.declareBase(model);
        // Those that fail try again by themselves: one queue's trouble is not another's.
        await Promise.allSettled([...this.consumers].map((consumer) => consumer.attach(model)));
      },
      // Each consumer hears of the end from its own channel.
      tornDown: () => undefined,
      isEcho: () => this.publishing.state === 'connecting',
    };
  }

  /** The publishing channel alone may end, e.g. over an exchange that was deleted: declare again and open another. */
  private async openPublisher(model: ChannelModel): Promise<void> {
    await this.publisher.attach(model, (why) => {
      if (this.publishing.current !== model) return;
      this.parts.logger.warn(`The publishing channel closed: ${why}. The connection is renewed`);
      // A new connection declares everything again, with the backoff that a repeated failure needs.
      void model.close().catch(() => undefined);
    });
  }

  private async declareBase(model: ChannelModel): Promise<void> {
    try {
      await this.declarer.declareBase(model);
    } catch (error) {
      throw topologyRefusal(error, 'Exchanges and delay levels') ?? error;
    }
  }

  private async declareQueue(model: ChannelModel, spec: QueueSpec): Promise<void> {
    try {
      await this.declarer.declareQueue(model, spec);
    } catch (error) {
      throw topologyRefusal(error, `Queue '${spec.name}'`) ?? error;
    }
  }

  private async declareKnownQueues(model: ChannelModel): Promise<void> {
    for (const spec of this.specs.values()) {
      try {
        await this.declareQueue(model, spec);
        this.refusals.delete(spec.name);
      } catch (error) {
        if (!(error instanceof WarrenError)) throw error;
        this.refusals.set(spec.name, error);
        this.parts.logger.error(error.message);
      }
    }
  }

  private route(queue: string): Route {
    const { jobsExchange } = this.names;
    return { exchange: jobsExchange, routingKey: queue, queue, isLimited: this.isLimited(queue) };
  }

  private delayedRoute(queue: string, delayMs: number): Route {
    const ms = ladderDelayMs(delayMs);
    const exchange = this.names.delayLevel(entryLevel(ms));
    const target = this.isLimited(queue) ? waitingRoomTarget(queue) : queue;
    return { exchange, routingKey: delayRoutingKey(ms, target), queue, isLimited: false };
  }

  private isLimited(queue: string): boolean {
    return this.specs.get(queue)?.maxLength !== undefined;
  }

  private model(): ChannelModel {
    const model = this.publishing.current;
    if (model) return model;
    const problem = this.publishing.problem || 'not connected yet';
    throw new WarrenError(
      'WARREN_NOT_CONNECTED',
      `RabbitMQ is not connected: ${problem}. Try again when it is back.`,
    );
  }
}
