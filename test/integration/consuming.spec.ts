import { jest } from '@jest/globals';
import type { RabbitMqBroker } from '../../libs/core/src/broker/rabbitmq/rabbitmq-broker.js';
import { message, someIds } from '../../libs/core/src/testing/contract/scene.js';
import { RabbitMqApp, acked, collect } from '../support/rabbitmq-app.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

// `until` says more than the test runner, and waits longer than its five seconds.
jest.setTimeout(60_000);

const rabbit = new RabbitMqApp('consuming');
const { names } = rabbit;
let broker: RabbitMqBroker;
let proxy: TcpProxy;

beforeAll(async () => {
  broker = await rabbit.connect();
});
beforeEach(async () => {
  rabbit.lines.length = 0;
  proxy = await TcpProxy.start(rabbit.url);
});
afterEach(() => proxy.refuse());
afterAll(() => rabbit.dispose());

async function queue(name: string): Promise<string> {
  await broker.ensureQueue(rabbit.spec(name));
  return name;
}

/** A broker whose connections the proxy can cut. */
async function throughProxy(...queues: string[]): Promise<RabbitMqBroker> {
  const other = await rabbit.connect({ urls: [proxy.url] });
  for (const name of queues) await other.ensureQueue(rabbit.spec(name));
  return other;
}

it('declares a queue that is deleted under its consumer anew, and takes jobs from it again', async () => {
  const name = await queue('deleted');
  const consumer = await collect(broker, name, acked);
  await rabbit.amqp((channel) => channel.deleteQueue(names.queue(name)));
  await until(() => consumer.losses.length === 1, 'the loss is told');
  expect(consumer.losses[0]!.why).toBe('the broker cancelled the consumer');
  await until(() => consumer.consumption.isAttached, 'it is attached again');
  await broker.publish(message('now'), { queue: name });
  await broker.publish(message('later'), { queue: name, delayMs: 20 });
  await consumer.received(2);
  expect(
    rabbit.written(/^warn: The consumer of queue 'deleted' has ended: .* It begins again in /),
  ).toHaveLength(1);
});

it('goes on trying while the queue cannot be declared, and takes jobs once it can', async () => {
  const name = await queue('spoiled');
  const consumer = await collect(broker, name, acked);
  await rabbit.amqp(async (channel) => {
    await channel.deleteQueue(names.deadQueue(name));
    await channel.assertQueue(names.deadQueue(name), { arguments: { 'x-queue-type': 'quorum' } });
    await channel.deleteQueue(names.queue(name));
  });
  await until(() => rabbit.written(/exists with another x-/).length >= 2, 'two tries failed');
  expect(consumer.consumption.isAttached).toBe(false);
  expect(broker.status().consumers).toContainEqual({ queue: name, attached: false });
  await rabbit.amqp((channel) => channel.deleteQueue(names.deadQueue(name)));
  await until(() => consumer.consumption.isAttached, 'it is attached again');
  await broker.publish(message('m'), { queue: name });
  await consumer.received(1);
});

it('drops what settles a delivery of an ended connection, and leaves the next one alone', async () => {
  const other = await throughProxy(await queue('stale'));
  const consumer = await collect(other, 'stale');
  for (const id of someIds(3)) await broker.publish(message(id), { queue: 'stale' });
  const old = [...(await consumer.received(3))];
  proxy.cut();
  await consumer.received(6);
  expect([old[0]!.settlement.ack(), old[1]!.settlement.reject(), old[2]!.settlement.giveBack()]).toEqual([
    'lost',
    'lost',
    'lost',
  ]);
  const fresh = consumer.deliveries.slice(3);
  expect(fresh.map(({ message: { messageId } }) => messageId).sort()).toEqual(someIds(3));
  expect(fresh.every(({ redelivered }) => redelivered)).toBe(true);
  for (const { settlement } of fresh) expect(settlement.ack()).toBe('sent');
  await broker.publish(message('after'), { queue: 'stale' });
  await consumer.received(7);
  expect(consumer.losses).toHaveLength(1);
});

it('settles what was in hand while the connection ended as lost, whatever the moment', async () => {
  const other = await throughProxy(await queue('moment'));
  const results: unknown[] = [];
  const consumer = await collect(other, 'moment', ({ settlement }) => {
    if (results.length === 20) proxy.cut();
    results.push(settlement.ack());
  });
  const sent = someIds(100);
  await Promise.all(sent.map((id) => broker.publish(message(id), { queue: 'moment' })));
  await until(() => new Set(consumer.ids).size === sent.length, 'all messages arrived');
  await until(async () => (await broker.stats('moment')).ready === 0, 'nothing is left');
});

it('leaves consumers of other queues alone when one is lost', async () => {
  const [one, two] = [await queue('one'), await queue('two')];
  const [lost, kept] = [await collect(broker, one, acked), await collect(broker, two)];
  await broker.publish(message('held'), { queue: two });
  const held = await kept.at(0);
  await rabbit.amqp((channel) => channel.deleteQueue(names.queue(one)));
  await until(() => lost.losses.length === 1 && lost.consumption.isAttached, 'the other is back');
  expect(kept.losses).toEqual([]);
  expect(held.settlement.ack()).toBe('sent');
});

it('puts a job whose worker is cut off too often into the dead letters as poison', async () => {
  rabbit.owns('poison');
  const options = { queues: { poison: { deliveryLimit: 2 } } };
  const { warren: operator } = await rabbit.startWarren([], { ...options, worker: false });
  let runs = 0;
  const { warren: worker } = await rabbit.startWarren(
    [
      {
        type: 'poison:job',
        run: (_, { signal }) => {
          runs += 1;
          proxy.cut();
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          });
        },
      },
    ],
    { ...options, url: proxy.url, worker: { concurrency: 1 } },
  );
  const { id } = await operator.jobs.enqueue('poison:job', { order: 7 });
  const letters = operator.jobs.deadLetters('poison');
  await until(async () => (await letters.list()).length === 1, 'the job is dead');
  const [letter] = await letters.list();
  expect(letter).toMatchObject({ id, type: 'poison:job', reason: 'poison', queue: 'poison' });
  expect(JSON.parse(Buffer.from(letter!.body).toString())).toEqual({ order: 7 });
  expect(runs).toBe(3);
  expect(worker.status().state).not.toBe('closed');
});

it('stops for good when told to while the connection is lost', async () => {
  const other = await throughProxy(await queue('stopped'));
  const consumer = await collect(other, 'stopped');
  await proxy.refuse();
  await until(() => consumer.losses.length === 1, 'the loss is told');
  await consumer.consumption.stop();
  await proxy.open();
  await until(() => other.status().state === 'connected', 'it is connected again');
  await broker.publish(message('m'), { queue: 'stopped' });
  expect(await broker.stats('stopped')).toMatchObject({ ready: 1, consumers: 0 });
  expect(consumer.deliveries).toEqual([]);
});
