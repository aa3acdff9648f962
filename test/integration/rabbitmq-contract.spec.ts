import type { Channel } from 'amqplib';
import { createRabbitMqBroker } from '../../libs/core/src/broker/rabbitmq/index.js';
import { systemClock } from '../../libs/core/src/kernel/clock.js';
import { captureContext } from '../../libs/core/src/kernel/detached.js';
import { silentLogger } from '../../libs/core/src/kernel/logger.js';
import { systemRandom } from '../../libs/core/src/kernel/random.js';
import { targetsOf } from '../../libs/core/src/broker/rabbitmq/topology/targets.js';
import type { Broker, QueueSpec } from '../../libs/core/src/ports/broker.js';
import { brokerContract } from '../../libs/core/src/testing/contract/index.js';
import { removeApp, uniqueApp } from '../support/broker-objects.js';
import { rabbitmqSettings } from '../support/rabbitmq.js';
import { rabbitmqUrl } from '../support/services.js';

for (const queueType of ['quorum', 'classic'] as const) {
  brokerContract(
    `RabbitMQ, ${queueType} queues`,
    async () => {
      const url = rabbitmqUrl();
      const app = uniqueApp(`contract-${queueType}`);
      const opened: Broker[] = [];
      const connect = async (): Promise<Broker> => {
        const broker = createRabbitMqBroker(rabbitmqSettings({ url, app, queueType }), {
          clock: systemClock,
          random: systemRandom,
          logger: silentLogger,
          detached: captureContext(),
        });
        opened.push(broker);
        await broker.start();
        return broker;
      };
      const broker = await connect();
      return {
        broker,
        connect,
        queueType,
        loseConsumers: (queue) => killChannel(broker, queue),
        dispose: async () => {
          const queues = opened.flatMap(queuesOf);
          await Promise.all(opened.map((each) => each.close()));
          await removeApp(url, app, queues);
        },
      };
    },
    // Classic queues count no deliveries.
    queueType === 'classic' ? { without: ['poison'] } : {},
  );
}

function queuesOf(broker: Broker): string[] {
  const { queues } = broker as unknown as { queues: { specs: Map<string, QueueSpec> } };
  return [...queues.specs.values()].flatMap(targetsOf);
}

/** Asks the consumer's channel for a queue that is not there: the broker closes the channel over it. */
async function killChannel(broker: Broker, queue: string): Promise<void> {
  const { consumers } = broker as unknown as {
    consumers: Set<{ queue: string; channel: Channel | undefined }>;
  };
  for (const consumer of consumers) {
    if (consumer.queue === queue)
      await consumer.channel?.checkQueue('there-is-no-such-queue').catch(() => undefined);
  }
}
