import { jest } from '@jest/globals';
import { connect } from 'amqplib';
import type { RabbitMqBroker } from '../../libs/core/src/broker/rabbitmq/rabbitmq-broker.js';
import type { Message } from '../../libs/core/src/job/message.js';
import { message, someIds } from '../../libs/core/src/testing/contract/scene.js';
import { RabbitMqApp, acked, collect } from '../support/rabbitmq-app.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

// `until` says more than the test runner, and waits longer than its five seconds.
jest.setTimeout(60_000);

const rabbit = new RabbitMqApp('publishing');
const { names } = rabbit;
let broker: RabbitMqBroker;

beforeAll(async () => {
  broker = await rabbit.connect();
});
afterAll(() => rabbit.dispose());

async function queue(name: string): Promise<string> {
  await broker.ensureQueue(rabbit.spec(name));
  return name;
}

/** What became of each publish: `sent`, or the error's code. */
async function fates(published: ReadonlyArray<Promise<void>>): Promise<unknown[]> {
  const results = await Promise.allSettled(published);
  return results.map((result) =>
    result.status === 'fulfilled' ? 'sent' : (result.reason as { code?: unknown }).code,
  );
}

/** Above what the broker takes by default: 128 MiB before 4.0, then 16 MiB. */
async function tooLarge(): Promise<Message> {
  const connection = await connect(rabbit.url);
  const { version } = connection.connection.serverProperties as { version: string };
  await connection.close();
  const mebibytes = Number.parseInt(version, 10) >= 4 ? 17 : 129;
  return message('too large', { body: Buffer.alloc(mebibytes * 1_024 * 1_024) });
}

it('fails only those publishes that no queue takes, also when messages share an id', async () => {
  const name = await queue('mixed');
  const consumer = await collect(broker, name, acked);
  const published = Array.from({ length: 60 }, (_, index) =>
    broker.publish(message('same id'), { queue: index % 3 === 1 ? 'nowhere' : name }),
  );
  const wanted = published.map((_, index) => (index % 3 === 1 ? 'WARREN_UNROUTABLE' : 'sent'));
  expect(await fates(published)).toEqual(wanted);
  await consumer.received(40);
});

it('names job, type and queue of what is refused, and how to mend it', async () => {
  await expect(broker.publish(message('job-7'), { queue: 'nowhere' })).rejects.toMatchObject({
    code: 'WARREN_UNROUTABLE',
    message: expect.stringMatching(
      /^Job job-7 \(contract:case\) for queue 'nowhere' .* Declare it/,
    ) as string,
    details: { jobId: 'job-7', type: 'contract:case', queue: 'nowhere' },
  });
});

it('takes what fits into a full queue and refuses the rest, and other queues notice nothing', async () => {
  await broker.ensureQueue(rabbit.spec('small', { maxLength: 5 }));
  const name = await queue('wide');
  const published = someIds(200).flatMap((id) => [
    broker.publish(message(id), { queue: 'small' }),
    broker.publish(message(id), { queue: name }),
  ]);
  const results = await fates(published);
  const small = results.filter((_, index) => index % 2 === 0);
  expect(results.filter((_, index) => index % 2 === 1)).toEqual(someIds(200).map(() => 'sent'));
  expect(new Set(small)).toEqual(new Set(['sent', 'WARREN_QUEUE_FULL']));
  await rabbit.untilCount(names.queue('small'), small.filter((fate) => fate === 'sent').length);
});

it('refuses headers that do not fit into a frame, and goes on with the same connection', async () => {
  const name = await queue('headers');
  await expect(
    broker.publish(message('m', { headers: { big: 'x'.repeat(70_000) } }), { queue: name }),
  ).rejects.toMatchObject({ code: 'WARREN_PAYLOAD_TOO_LARGE' });
  await expect(
    broker.publish(message('m', { headers: { odd: Symbol('odd') } }), { queue: name }),
  ).rejects.toMatchObject({ code: 'WARREN_CONFIGURATION' });
  await expect(broker.publish(message('x'.repeat(300)), { queue: name })).rejects.toMatchObject({
    code: 'WARREN_CONFIGURATION',
  });
  await broker.publish(message('fine'), { queue: name });
  expect(await broker.stats(name)).toMatchObject({ ready: 1 });
});

it('lets a message that the broker closes the channel over hurt no other publish', async () => {
  const name = await queue('guilty');
  const consumer = await collect(broker, name, acked);
  const huge = await tooLarge();
  const published = [
    ...someIds(30).map((id) => broker.publish(message(`before ${id}`), { queue: name })),
    broker.publish(huge, { queue: name }),
    ...someIds(30).map((id) => broker.publish(message(`after ${id}`), { queue: name })),
  ];
  expect(await fates(published)).toEqual([
    ...someIds(30).map(() => 'sent'),
    'WARREN_PAYLOAD_TOO_LARGE',
    ...someIds(30).map(() => 'sent'),
  ]);
  const all = someIds(30).flatMap((id) => [`before ${id}`, `after ${id}`]);
  await until(() => new Set(consumer.ids).size === all.length, 'all others arrived');
  await expect(published[30]).rejects.toThrow(/max_message_size/);
});

it('declares anew what was deleted under it, and goes on', async () => {
  const name = await queue('deleted');
  await rabbit.amqp((channel) => channel.deleteExchange(names.jobsExchange));
  const [fate] = await fates([broker.publish(message('first'), { queue: name })]);
  expect(fate).toBe('WARREN_PUBLISH_REFUSED');
  await broker.publish(message('second'), { queue: name });
  expect(await rabbit.idsIn(names.queue(name))).toEqual(['second']);
});

describe('a broker that does not answer', () => {
  let proxy: TcpProxy;

  beforeEach(async () => {
    proxy = await TcpProxy.start(rabbit.url);
  });
  afterEach(() => proxy.refuse());

  it('makes a publish fail after publishTimeout, saying that it may have been accepted', async () => {
    const name = await queue('silent');
    const other = await rabbit.connect({ urls: [proxy.url], publishTimeoutMs: 400 });
    proxy.stall();
    const startedAt = Date.now();
    await expect(other.publish(message('job-8'), { queue: name })).rejects.toMatchObject({
      code: 'WARREN_PUBLISH_TIMEOUT',
      message: expect.stringMatching(/job-8.*400 ms; it may or may not have been accepted/) as string,
    });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(399);
    // It was, as it happens.
    await rabbit.untilCount(names.queue(name), 1);
    proxy.flow();
    await other.publish(message('next'), { queue: name });
  });

  it('makes further publishes wait for room, and then fail, without using more memory', async () => {
    const name = await queue('backlog');
    const other = await rabbit.connect({ urls: [proxy.url], publishTimeoutMs: 400, maxUnconfirmed: 3 });
    proxy.stall();
    const sent = someIds(3).map((id) => other.publish(message(id), { queue: name }));
    const waiting = someIds(4).map((id) => other.publish(message(`waiting ${id}`), { queue: name }));
    proxy.flow();
    expect(await fates([...sent, ...waiting])).toEqual(Array.from({ length: 7 }, () => 'sent'));
    proxy.stall();
    const late = someIds(5).map((id) => other.publish(message(`late ${id}`), { queue: name }));
    const results = await fates(late);
    expect(results.slice(0, 3)).toEqual(Array.from({ length: 3 }, () => 'WARREN_PUBLISH_TIMEOUT'));
    for (const fate of results.slice(3)) {
      expect(['WARREN_PUBLISH_BACKLOG', 'WARREN_PUBLISH_TIMEOUT', 'WARREN_NOT_CONNECTED']).toContain(fate);
    }
    expect(results).toContain('WARREN_PUBLISH_BACKLOG');
  });

  it('gets a publish again that it had not confirmed when the connection was cut', async () => {
    const name = await queue('again');
    const other = await rabbit.connect({ urls: [proxy.url] });
    await other.ensureQueue(rabbit.spec(name));
    proxy.stall();
    const published = other.publish(message('twice'), { queue: name });
    await rabbit.untilCount(names.queue(name), 1);
    proxy.flow();
    proxy.cut();
    await published;
    expect(new Set(await rabbit.idsIn(names.queue(name)))).toEqual(new Set(['twice']));
  });
});
