import type { ChannelModel } from 'amqplib';
import type { Message } from '../../job/message.js';
import { WarrenError, isWarrenError } from '../../kernel/errors/index.js';
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
import type { Finding, InspectOptions, QueueNeeds } from '../../ports/finding.js';
import { atLevel } from '../../ports/level-listener.js';
import { isMissing, notConnected, topologyRefusal } from './amqp-errors.js';
import { UNKNOWN_VERSION, brokerVersion, requireVersion, type BrokerVersion } from './broker-version.js';
import { PolicyCaps } from './caps/policy-caps.js';
import { onOwnChannel } from './channel.js';
import { HealingConnection } from './connection.js';
import { consumerTimeoutArguments } from './consumer-timeout.js';
import { QueueConsumer } from './consumer.js';
import { visitDeadLetterQueue } from './dead-letter-box.js';
import { inspectBroker } from './doctor/inspect.js';
import { KnownQueues } from './known-queues.js';
import type { RabbitMqParts } from './parts.js';
import { PublishRoutes } from './publish-routes.js';
import { Publisher, type Routing } from './publisher.js';
import { QueueOperations } from './queue-operations.js';
import { RabbitMqSignals } from './signals/index.js';
import { statsOf } from './queue-stats.js';
import { TopologyDeclarer } from './topology/declare.js';
import { topologyNames, type TopologyNames } from './topology/names.js';
import { targetOf } from './topology/targets.js';

const WORST_FIRST = ['closed', 'connecting', 'blocked'] as const;

/**
 * The broker port over RabbitMQ. Two connections: one publishes, one consumes, so that back-pressure on publishers
 * never stops acks. Both heal by themselves; topology, consumers and waiting publishes come back with them.
 */
export class RabbitMqBroker implements Broker {
  readonly kind = 'rabbitmq';
  readonly signals: RabbitMqSignals;
  readonly caps: PolicyCaps;
  readonly operations: QueueOperations;
  private readonly names: TopologyNames;
  private readonly declarer: TopologyDeclarer;
  private readonly publishing: HealingConnection;
  private readonly consuming: HealingConnection;
  private readonly routes: PublishRoutes;
  private readonly publisher: Publisher;
  private readonly queues: KnownQueues;
  private readonly consumers = new Set<QueueConsumer>();
  private version: BrokerVersion = UNKNOWN_VERSION;
  private serverTold: ((server: string) => void) | undefined;
  private readonly ending = new AbortController();

  constructor(
    private readonly settings: RabbitMqSettings,
    private readonly parts: RabbitMqParts,
  ) {
    this.names = topologyNames(settings.app);
    this.caps = new PolicyCaps(settings, parts.clock);
    this.declarer = new TopologyDeclarer(this.names, settings.queueType, settings.declare);
    this.routes = new PublishRoutes(this.names, (queue) => this.queues.specOf(queue));
    this.publisher = new Publisher(settings, parts, this.routing());
    this.queues = new KnownQueues((model, spec) => this.declareQueue(model, spec), {
      declared: () => this.publisher.sendWaiting(),
      refused: (queue, error) =>
        this.publisher.refuse((route) => this.routes.queueOf(route) === queue, error),
    });
    const specOf = (queue: string) => this.queues.specOf(queue);
    this.operations = new QueueOperations(settings, parts.clock, { model: () => this.model(), specOf });
    const heldModels = { publishing: () => this.publishing.held, consuming: () => this.consuming.held };
    this.signals = new RabbitMqSignals(
      { names: this.names, declares: settings.declare, ...heldModels },
      parts,
    );
    this.publishing = new HealingConnection('publish', settings, this.publishingOwner(), parts);
    this.consuming = new HealingConnection('consume', settings, this.consumingOwner(), parts);
  }

  async start(): Promise<void> {
    await this.parts.detached(async () => {
      try {
        await Promise.all([this.publishing.start(), this.consuming.start()]);
      } catch (error) {
        // What was published before the end of the boot waits for nothing any more.
        this.publisher.abandon(error as Error);
        await this.close();
        throw error;
      }
    });
  }

  ensureQueue(spec: QueueSpec): Promise<void> {
    return this.queues.ensure(spec);
  }

  publish(message: Message, { queue, delayMs = 0 }: PublishTarget): Promise<void> {
    // Somebody may have mended it: those that publish to it hear of another refusal.
    if (this.queues.isRefused(queue)) this.queues.declareAnew(queue);
    return this.publisher.publish(
      message,
      delayMs > 0
        ? this.routes.delayed(queue, message.priority, delayMs)
        : this.routes.direct(queue, message.priority),
    );
  }

  bury(message: Message, queue: string): Promise<void> {
    return this.publisher.publish(message, this.routes.dead(queue));
  }

  async consume(queue: string, options: ConsumeOptions, listener: DeliveryListener): Promise<Consumption> {
    if (this.ending.signal.aborted)
      throw new WarrenError('WARREN_CLOSED', `consume('${queue}'): the broker is closed.`);
    const spec = this.queues.specOf(queue);
    const plan = {
      queue,
      queueName: this.names.queue(spec ? targetOf(spec, options.priority) : queue),
      prefetch: options.prefetch,
      consumeArguments: () =>
        consumerTimeoutArguments(this.version, spec?.type ?? 'classic', options.longestHoldMs),
      // Without a spec the queue is somebody else's.
      declare: (model: ChannelModel) => (spec ? this.declareQueue(model, spec) : Promise.resolve()),
      heldModel: () => this.consuming.held,
      onGone: (gone: QueueConsumer) => this.consumers.delete(gone),
    };
    const consumer = new QueueConsumer(plan, atLevel(spec, options.priority, listener), this.parts);
    this.consumers.add(consumer);
    const model = this.consuming.current;
    if (model) {
      try {
        await this.parts.detached(() => consumer.attach(model));
      } catch (error) {
        // Nobody could stop it.
        this.consumers.delete(consumer);
        await consumer.close();
        throw error;
      }
    }
    return consumer;
  }

  async visitDeadLetters(queue: string, visit: DeadLetterVisitor): Promise<void> {
    const requeue = (message: Message) => this.publish(message, { queue });
    try {
      await visitDeadLetterQueue(this.model(), this.names.deadQueue(queue), visit, requeue);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  stats(queue: string): Promise<QueueStats> {
    const spec = this.queues.specOf(queue) ?? { name: queue };
    return onOwnChannel(this.model(), (channel) => statsOf(channel, spec, this.names));
  }

  status(): BrokerStatus {
    const states = [this.publishing.state, this.consuming.state];
    const state = WORST_FIRST.find((one) => states.includes(one)) ?? 'connected';
    const problem = this.publishing.problem || this.consuming.problem;
    return {
      state,
      text: `RabbitMQ${this.version.text && ` ${this.version.text}`}: ${problem || state}`,
      reconnects: this.publishing.reconnects + this.consuming.reconnects,
      consumers: [...this.consumers]
        .filter(({ isStopped }) => !isStopped)
        .map(({ queue, isAttached }) => ({ queue, attached: isAttached })),
    };
  }

  inspect(needs: readonly QueueNeeds[], options: InspectOptions): Promise<readonly Finding[]> {
    const { settings, names, version, publishing, queues, ending } = this;
    const isNeeded = new Set(needs.map(({ spec }) => spec.name));
    const others = queues.all.filter(({ name }) => !isNeeded.has(name));
    const patient = {
      settings,
      names,
      clock: this.parts.clock,
      version,
      status: this.status(),
      isBlocked: publishing.state === 'blocked',
      address: publishing.address,
      model: publishing.current,
      isDeclared: (queue: string) => queues.specOf(queue) !== undefined,
      ending: ending.signal,
    };
    const ofOthers = others.map((spec) => ({ spec, longestHoldMs: undefined, isConsumed: false }));
    return this.parts.detached(() => inspectBroker(patient, [...needs, ...ofOthers], options));
  }

  onServer(told: (server: string) => void): void {
    this.serverTold = told;
  }

  async close(): Promise<void> {
    this.ending.abort();
    await Promise.all([...this.consumers].map((consumer) => consumer.close()));
    await this.publisher.close();
    await this.signals.close();
    await Promise.all([this.consuming.close(), this.publishing.close()]);
  }

  private publishingOwner() {
    return {
      setUp: async (model: ChannelModel): Promise<void> => {
        const version = brokerVersion(model);
        requireVersion(version);
        const isAnother = version.text !== this.version.text;
        this.version = version;
        await this.declareBase(model);
        await this.queues.connected(model, (refusal) => this.parts.logger.error(refusal.message));
        await this.openPublisher(model);
        await this.signals.publishingUp(model);
        if (isAnother) this.serverTold?.(`RabbitMQ ${version.text}`);
      },
      tornDown: () => {
        this.queues.disconnected();
        this.publisher.detach();
      },
      onBlocked: () => {
        this.publisher.block();
        this.signals.block();
      },
      onUnblocked: () => {
        this.publisher.unblock();
        this.signals.unblock();
      },
    };
  }

  private consumingOwner() {
    return {
      setUp: async (model: ChannelModel): Promise<void> => {
        await this.declareBase(model);
        // Those that fail try again by themselves: one queue's trouble is not another's.
        await Promise.allSettled([...this.consumers].map((consumer) => consumer.attach(model)));
        await this.signals.consumingUp(model);
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
      if (isWarrenError(error)) throw error;
      throw topologyRefusal(error, `Queue '${spec.name}'`) ?? error;
    }
  }

  private routing(): Routing {
    return {
      problem: () => this.publishing.problem,
      isUndeclared: (route) =>
        !this.queues.areAllDeclared && this.queues.isUndeclared(this.routes.queueOf(route)),
      declareAnew: (route) =>
        this.settings.declare &&
        // Somebody may have deleted a delay level, without which nothing is retried any more.
        this.queues.declareAnew(
          this.routes.queueOf(route),
          this.routes.isDelayed(route) ? (model) => this.declareBase(model) : undefined,
        ),
    };
  }

  /** For operators, who look while the broker blocks publishers most of all: the connection that it does not block. */
  private model(): ChannelModel {
    const model = this.consuming.current;
    if (model) return model;
    throw notConnected(this.consuming.problem || 'not connected yet');
  }
}
