import type { Channel } from 'amqplib';
import { createRabbitMqBroker } from '../../libs/core/src/broker/rabbitmq/index.js';
import type { RabbitMqBroker } from '../../libs/core/src/broker/rabbitmq/rabbitmq-broker.js';
import { topologyNames } from '../../libs/core/src/broker/rabbitmq/topology/names.js';
import { systemClock, type Clock } from '../../libs/core/src/kernel/clock.js';
import { captureContext } from '../../libs/core/src/kernel/detached.js';
import type { Logger } from '../../libs/core/src/kernel/logger.js';
import { systemRandom } from '../../libs/core/src/kernel/random.js';
import type { JobContext } from '../../libs/core/src/job/context.js';
import type { HandlerOptions } from '../../libs/core/src/options/handler.js';
import type { JobsOptions } from '../../libs/core/src/options/module.js';
import type { RabbitMqSettings } from '../../libs/core/src/options/settings.js';
import type { Broker, ConsumeOptions, Consumption, QueueSpec } from '../../libs/core/src/ports/broker.js';
import type { Delivery } from '../../libs/core/src/ports/delivery.js';
import { Warren } from '../../libs/core/src/runtime/warren.js';
import { Collector } from '../../libs/core/src/testing/contract/collector.js';
import { Recorder } from '../../libs/core/src/testing/recorder.js';
import { onChannel } from './amqp.js';
import { removeApp, uniqueApp } from './broker-objects.js';
import { rabbitmqSettings } from './rabbitmq.js';
import { rabbitmqUrl } from './services.js';
import { until } from './until.js';

export interface TestHandler {
  readonly type: string;
  readonly options?: HandlerOptions;
  readonly run: (payload: unknown, job: JobContext) => unknown;
}

export interface TestWarren {
  readonly warren: Warren;
  readonly recorder: Recorder;
}

const HOUR_MS = 3_600_000;

/**
 * One application over RabbitMQ with a name of its own: brokers and runtimes that end with the test, a look at the
 * broker that does not go through Warren, and the removal of everything that was declared.
 */
export class RabbitMqApp {
  readonly app: string;
  readonly names: ReturnType<typeof topologyNames>;
  /** What the brokers and runtimes wrote, as `level: line`. */
  readonly lines: string[] = [];
  private readonly queues = new Set<string>();
  private readonly closers: Array<() => Promise<unknown>> = [];

  constructor(
    name: string,
    app = uniqueApp(name),
    private readonly givenUrl?: string,
  ) {
    this.app = app;
    this.names = topologyNames(this.app);
  }

  get url(): string {
    return this.givenUrl ?? rabbitmqUrl();
  }

  /** Not started; closed at the end. */
  broker(settings: Partial<RabbitMqSettings> = {}): RabbitMqBroker {
    const broker = createRabbitMqBroker(rabbitmqSettings({ url: this.url, app: this.app, ...settings }), {
      clock: systemClock,
      random: systemRandom,
      logger: this.logger(),
      detached: captureContext(),
    });
    this.closers.push(() => broker.close());
    return broker;
  }

  async connect(settings: Partial<RabbitMqSettings> = {}): Promise<RabbitMqBroker> {
    const broker = this.broker(settings);
    await broker.start();
    return broker;
  }

  /** A runtime without Nest; not started, closed at the end. */
  warren(handlers: readonly TestHandler[] = [], options: JobsOptions = {}, clock?: Clock): TestWarren {
    const recorder = new Recorder({ limitMs: 20_000 });
    const warren = new Warren({
      options: { url: this.url, app: this.app, ...options },
      logger: this.logger(),
      environment: { production: false },
      ...(clock && { clock }),
    });
    warren.observe(recorder.observer);
    warren.register(
      handlers.map(({ type, options: own = {}, run }) => ({
        pattern: type,
        place: `handler of '${type}'`,
        options: own,
        definition: undefined,
        payload: undefined,
        run: (context: JobContext) => run(context.payload, context),
      })),
    );
    this.closers.push(() => warren.close());
    return { warren, recorder };
  }

  async startWarren(
    handlers: readonly TestHandler[] = [],
    options: JobsOptions = {},
    clock?: Clock,
  ): Promise<TestWarren> {
    const made = this.warren(handlers, options, clock);
    await made.warren.start();
    return made;
  }

  spec(name: string, overrides: Partial<QueueSpec> = {}): QueueSpec {
    this.owns(name);
    return {
      name,
      type: 'quorum',
      deliveryLimit: 20,
      maxLength: undefined,
      overflow: 'reject',
      messageTtlMs: HOUR_MS,
      deadLetterTtlMs: HOUR_MS,
      deadLetterMaxLength: 1_000,
      ...overrides,
    };
  }

  /** Queues to be removed at the end, besides those of `spec`. */
  owns(...queues: readonly string[]): void {
    for (const queue of queues) this.queues.add(queue);
  }

  /** Does something by plain AMQP, on a connection of its own. */
  amqp<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    return onChannel(this.url, work);
  }

  /** Messages waiting in a queue, by the broker's name of it. */
  count(queueName: string): Promise<number> {
    return this.amqp(async (channel) => (await channel.checkQueue(queueName)).messageCount);
  }

  /** Message ids in a queue, in its order; they stay there. */
  idsIn(queueName: string): Promise<unknown[]> {
    return this.amqp(async (channel) => {
      const ids: unknown[] = [];
      for (;;) {
        const raw = await channel.get(queueName);
        if (raw === false) break;
        ids.push(raw.properties.messageId);
      }
      channel.nackAll(true);
      return ids;
    });
  }

  async untilCount(queueName: string, count: number): Promise<void> {
    await until(async () => (await this.count(queueName)) === count, `${queueName} holds ${count} messages`);
  }

  /** Lines of a level, or all that match. */
  written(pattern: RegExp): string[] {
    return this.lines.filter((line) => pattern.test(line));
  }

  async dispose(): Promise<void> {
    await Promise.all(this.closers.map((close) => close()));
    await removeApp(this.url, this.app, [...this.queues]);
  }

  private logger(): Logger {
    const write = (level: keyof Logger) => (line: string) => void this.lines.push(`${level}: ${line}`);
    return { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
  }
}

/** Takes a queue's messages; `react` is called for each. */
export async function collect(
  broker: Broker,
  queue: string,
  react?: (delivery: Delivery) => void,
  options: ConsumeOptions = { prefetch: 100 },
): Promise<Collector & { readonly consumption: Consumption }> {
  const collector = new Collector(react);
  const consumption = await broker.consume(queue, options, collector);
  return Object.assign(collector, { consumption });
}

export const acked = ({ settlement }: Delivery): void => void settlement.ack();
