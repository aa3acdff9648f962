import { jest } from '@jest/globals';
import type { Channel } from 'amqplib';
import { connect } from 'amqplib';
import { brokerVersion } from '../../libs/core/src/broker/rabbitmq/broker-version.js';
import { can, type CapabilityName } from '../../libs/core/src/broker/rabbitmq/capabilities.js';
import { RabbitMqApp } from '../support/rabbitmq-app.js';
import { until } from '../support/until.js';

/**
 * Holds the table of capabilities to the broker at hand: on each version, the broker must do what the table says and
 * not do what it denies.
 */

jest.setTimeout(60_000);

const rabbit = new RabbitMqApp('capabilities');
const { app } = rabbit;
const made: string[] = [];
let has: (name: CapabilityName) => boolean;

beforeAll(async () => {
  const model = await connect(rabbit.url);
  const version = brokerVersion(model);
  has = (name) => can(version, name);
  await model.close();
});
afterAll(async () => {
  await rabbit.amqp(async (channel) => {
    for (const name of made) await channel.deleteQueue(name);
  });
  await rabbit.dispose();
});

async function quorumQueue(
  channel: Channel,
  name: string,
  more: Record<string, unknown> = {},
): Promise<string> {
  const full = `${app}.${name}`;
  made.push(full);
  await channel.assertQueue(full, { durable: true, arguments: { 'x-queue-type': 'quorum', ...more } });
  return full;
}

const put = (channel: Channel, queue: string, text = 'x', priority?: number) =>
  channel.sendToQueue(queue, Buffer.from(text), {
    persistent: true,
    ...(priority !== undefined && { priority }),
  });

/** Takes the one message again and again, at most `most` times, and returns how often it came. */
async function deliveries(
  queue: string,
  channel: Channel,
  most: number,
  giveBack: 'nack' | 'reject',
): Promise<number> {
  let count = 0;
  await until(async () => (await channel.checkQueue(queue)).messageCount === 1, 'the message is there');
  while (count < most) {
    const raw = await channel.get(queue);
    if (raw === false) break;
    count += 1;
    if (giveBack === 'nack') channel.nack(raw, false, true);
    else channel.reject(raw, true);
  }
  return count;
}

describe('what the table of capabilities says of this broker', () => {
  it('delayLadder: a quorum queue takes time to live and strategy, and dead-letters what expires', async () => {
    await rabbit.amqp(async (channel) => {
      const target = await quorumQueue(channel, 'target');
      const source = await quorumQueue(channel, 'source', {
        'x-message-ttl': 10,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': target,
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      });
      put(channel, source);
      await until(async () => (await channel.checkQueue(target)).messageCount === 1, 'it has arrived');
      expect(has('delayLadder')).toBe(true);
    });
    // An unknown strategy is refused, so that the one above was read.
    const unknown = rabbit.amqp((channel) =>
      quorumQueue(channel, 'unknown', { 'x-dead-letter-strategy': 'often' }),
    );
    await expect(unknown).rejects.toThrow("invalid arg 'x-dead-letter-strategy'");
  });

  it('defaultDeliveryLimit: 21 deliveries without a limit of its own, or any number', async () => {
    await rabbit.amqp(async (channel) => {
      const queue = await quorumQueue(channel, 'no-limit');
      put(channel, queue);
      expect(await deliveries(queue, channel, 40, 'reject')).toBe(has('defaultDeliveryLimit') ? 21 : 40);
    });
  });

  it('nackUncounted: nack counts towards the limit, or does not; reject always does', async () => {
    await rabbit.amqp(async (channel) => {
      for (const way of ['nack', 'reject'] as const) {
        const queue = await quorumQueue(channel, `limit-${way}`, { 'x-delivery-limit': 2 });
        put(channel, queue);
        const isCounted = way === 'reject' || !has('nackUncounted');
        expect([way, await deliveries(queue, channel, 10, way)]).toEqual([way, isCounted ? 3 : 10]);
      }
    });
  });

  it('priorities, strictPriorities: the order in which messages come', async () => {
    await rabbit.amqp(async (channel) => {
      const queue = await quorumQueue(channel, 'priorities');
      for (const priority of [1, 0, 9, 31]) put(channel, queue, String(priority), priority);
      await until(async () => (await channel.checkQueue(queue)).messageCount === 4, 'all are there');
      const order: string[] = [];
      for (let raw = await channel.get(queue); raw !== false; raw = await channel.get(queue)) {
        order.push(raw.content.toString());
      }
      if (has('strictPriorities')) expect(order).toEqual(['31', '9', '1', '0']);
      else if (has('priorities')) expect(order[0]).toBe('9');
      else expect(order).toEqual(['1', '0', '9', '31']);
    });
  });

  it('timeoutPerConsumer: the consumer argument is read, or ignored', async () => {
    const consumed = rabbit.amqp(async (channel) => {
      const queue = await quorumQueue(channel, 'timeout');
      await channel.consume(queue, () => undefined, { arguments: { 'x-consumer-timeout': -5 } });
    });
    if (has('timeoutPerConsumer')) await expect(consumed).rejects.toThrow("invalid arg 'x-consumer-timeout'");
    else await expect(consumed).resolves.toBeUndefined();
  });
});
