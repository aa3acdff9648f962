import { jest } from '@jest/globals';
import type { RabbitMqBroker } from '../../libs/core/src/broker/rabbitmq/rabbitmq-broker.js';
import { message, someIds } from '../../libs/core/src/testing/contract/scene.js';
import { RabbitMqApp, acked, collect } from '../support/rabbitmq-app.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

// `until` says more than the test runner, and waits longer than its five seconds.
jest.setTimeout(60_000);

const rabbit = new RabbitMqApp('connect');
let proxy: TcpProxy;

beforeAll(async () => {
  const broker = await rabbit.connect();
  await broker.ensureQueue(rabbit.spec('work'));
});
beforeEach(async () => {
  rabbit.lines.length = 0;
  proxy = await TcpProxy.reserve(rabbit.url);
});
afterEach(() => proxy.refuse());
afterAll(() => rabbit.dispose());

async function throughProxy(settings: Parameters<typeof rabbit.broker>[0] = {}): Promise<RabbitMqBroker> {
  const broker = await rabbit.connect({ urls: [proxy.url], ...settings });
  await broker.ensureQueue(rabbit.spec('work'));
  return broker;
}

/** How long the promise took, in milliseconds. */
async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = Date.now();
  await work();
  return Date.now() - startedAt;
}

const connected = (broker: RabbitMqBroker) => () => broker.status().state === 'connected';

describe('a connection that is refused', () => {
  it('says that user or password is wrong, without showing the password, and does not try again', async () => {
    const url = new URL(rabbit.url);
    url.username = 'nobody';
    url.password = 's3cret';
    const broker = rabbit.broker({ urls: [url.href] });
    const failure = await broker.start().then(
      () => undefined,
      (error: Error) => error,
    );
    expect(failure).toMatchObject({ code: 'WARREN_ACCESS_REFUSED' });
    expect(failure!.message).toContain(`amqp://***@${url.host}`);
    expect(failure!.message).toContain('refused user and password');
    expect(failure!.message + rabbit.lines.join('\n') + broker.status().text).not.toMatch(/s3cret|nobody/);
    expect(broker.status().state).toBe('closed');
    await expect(broker.publish(message('m'), { queue: 'work' })).rejects.toMatchObject({
      code: 'WARREN_CLOSED',
    });
    expect(rabbit.written(/Next try/)).toEqual([]);
  });

  it('names the virtual host that does not exist', async () => {
    const url = new URL(rabbit.url);
    url.pathname = '/no-such-host';
    await expect(rabbit.broker({ urls: [url.href] }).start()).rejects.toMatchObject({
      code: 'WARREN_ACCESS_REFUSED',
      message: expect.stringMatching(/refused the virtual host 'no-such-host'/) as string,
    });
  });
});

describe('a broker that is down at boot', () => {
  it('lets the application boot, and writes one line for each try with a growing pause', async () => {
    const broker = rabbit.broker({ urls: [proxy.url] });
    await broker.start();
    expect(broker.status().state).toBe('connecting');
    await until(() => rabbit.written(/to publish.*Next try/).length >= 4, 'four tries were made');
    const lines = rabbit.written(/^(warn|error|info): /);
    for (const line of lines) {
      expect(line).toMatch(
        /^warn: RabbitMQ at amqp:\/\/\*\*\*@127\.0\.0\.1:\d+ \(to publish\) cannot be reached: .*ECONNREFUSED.*\. Next try in \d+ ?m?s/,
      );
    }
    expect(broker.status().text).toMatch(/ECONNREFUSED/);
    expect(await elapsed(() => broker.close())).toBeLessThan(2_500);
  });

  it('makes a publish wait up to publishTimeout, and then says what is wrong', async () => {
    const broker = rabbit.broker({ urls: [proxy.url], publishTimeoutMs: 400 });
    await broker.start();
    const waitedMs = await elapsed(() =>
      expect(broker.publish(message('job-7'), { queue: 'work' })).rejects.toMatchObject({
        code: 'WARREN_NOT_CONNECTED',
        message: expect.stringMatching(/job-7.*'work'.*400 ms.*ECONNREFUSED/) as string,
      }),
    );
    expect(waitedMs).toBeGreaterThanOrEqual(200);
    expect(waitedMs).toBeLessThan(3_000);
  });

  it('lets waiting publishes and consumers through when it comes up', async () => {
    const broker = rabbit.broker({ urls: [proxy.url] });
    await broker.start();
    await broker.ensureQueue(rabbit.spec('late'));
    const consumer = await collect(broker, 'late', acked);
    expect(consumer.consumption.isAttached).toBe(false);
    const published = Promise.all([
      ...someIds(5).map((id) => broker.publish(message(id), { queue: 'late' })),
      broker.publish(message('delayed'), { queue: 'late', delayMs: 20 }),
      broker.publish(message('in work'), { queue: 'work' }),
    ]);
    await proxy.open();
    await published;
    await consumer.received(6);
    expect(consumer.consumption.isAttached).toBe(true);
    await until(() => broker.status().state === 'connected', 'both connections are there');
    expect(rabbit.written(/^info: .* is connected again/).length).toBeGreaterThan(0);
  });

  it('gives up a handshake that nobody answers after connectTimeout, and goes on trying', async () => {
    await proxy.open();
    proxy.swallow();
    const broker = rabbit.broker({ urls: [proxy.url], connectTimeoutMs: 200 });
    const bootMs = await elapsed(() => broker.start());
    expect(bootMs).toBeLessThan(3_000);
    await until(() => proxy.accepted >= 4, 'it tried again');
    proxy.swallow(false);
    await until(connected(broker), 'it is connected');
  });
});

describe('a connection that is cut', () => {
  it('heals: publishes and consumers go on, and nothing is lost', async () => {
    await proxy.open();
    const broker = await throughProxy();
    await broker.ensureQueue(rabbit.spec('cut'));
    const consumer = await collect(broker, 'cut', acked);
    const published: Array<Promise<void>> = [];
    for (let round = 0; round < 3; round += 1) {
      for (const id of someIds(50)) {
        published.push(broker.publish(message(`${round} ${id}`), { queue: 'cut' }));
      }
      proxy.cut();
      published.push(broker.publish(message(`${round} after`), { queue: 'cut' }));
      await until(() => consumer.losses.length > round, 'the loss is noticed');
      await until(
        () => connected(broker)() && consumer.consumption.isAttached,
        'the broker is connected again',
      );
    }
    await Promise.all(published);
    const all = [0, 1, 2].flatMap((round) => [...someIds(50), 'after'].map((id) => `${round} ${id}`));
    await until(() => new Set(consumer.ids).size >= all.length, 'all messages arrived');
    expect([...new Set(consumer.ids)].sort()).toEqual(all.sort());
    expect(consumer.losses).toHaveLength(3);
  });

  it('says so once for each loss, and when it is back', async () => {
    await proxy.open();
    const broker = await throughProxy();
    rabbit.lines.length = 0;
    proxy.cut();
    await until(() => broker.status().state === 'connecting', 'the loss is noticed');
    await until(connected(broker), 'it is connected again');
    const told = rabbit.written(/^(warn|error|info): RabbitMQ at/);
    expect(told.filter((line) => /is lost: .*Next try in/.test(line)).length).toBeLessThanOrEqual(2);
    expect(told.filter((line) => /\(to publish\) is connected again/.test(line))).toHaveLength(1);
  });

  it('is noticed by the heartbeat when the broker only falls silent', async () => {
    await proxy.open();
    const broker = await throughProxy({ connectionHeartbeatMs: 1_000 });
    proxy.stall();
    const published = broker.publish(message('silent'), { queue: 'work' });
    await until(() => broker.status().state === 'connecting', 'the silence is noticed');
    expect(broker.status().text).toMatch(/heartbeat/i);
    proxy.flow();
    await published;
  });

  it('goes on at the next address when the one in use stays away', async () => {
    const second = await TcpProxy.start(rabbit.url);
    try {
      await proxy.open();
      const broker = await throughProxy({ urls: [proxy.url, second.url] });
      await broker.ensureQueue(rabbit.spec('turns'));
      const consumer = await collect(broker, 'turns', acked);
      await proxy.refuse();
      await broker.publish(message('by the second'), { queue: 'turns' });
      await consumer.received(1);
      expect(second.openConnections).toBe(2);
    } finally {
      await second.refuse();
    }
  });

  it('boots at the second address when the first is dead', async () => {
    const second = await TcpProxy.start(rabbit.url);
    try {
      const broker = await throughProxy({ urls: [proxy.url, second.url] });
      await broker.publish(message('m'), { queue: 'work' });
    } finally {
      await second.refuse();
    }
  });
});

describe('closing', () => {
  it('takes no time while the connection is lost', async () => {
    await proxy.open();
    const broker = await throughProxy();
    const consumer = await collect(broker, 'work', acked);
    await proxy.refuse();
    await until(() => broker.status().state === 'connecting', 'the loss is noticed');
    expect(await elapsed(() => broker.close())).toBeLessThan(2_500);
    expect(broker.status().state).toBe('closed');
    expect(consumer.consumption.isAttached).toBe(false);
  });

  it('takes no time while a handshake hangs', async () => {
    await proxy.open();
    proxy.swallow();
    const broker = rabbit.broker({ urls: [proxy.url] });
    const started = broker.start();
    await until(() => proxy.accepted === 2, 'both handshakes began');
    expect(await elapsed(() => broker.close())).toBeLessThan(2_500);
    await started;
    expect(broker.status().state).toBe('closed');
    await until(() => proxy.openConnections === 0, 'the socket is closed');
  });

  it('ends within seconds when the broker answers nothing any more', async () => {
    await proxy.open();
    const broker = await throughProxy();
    proxy.stall();
    expect(await elapsed(() => broker.close())).toBeLessThan(8_000);
  });

  it('waits for publishes only as long as they may take', async () => {
    const broker = rabbit.broker({ urls: [proxy.url], publishTimeoutMs: 500 });
    await broker.start();
    const published = expect(broker.publish(message('m'), { queue: 'work' })).rejects.toMatchObject({
      code: 'WARREN_NOT_CONNECTED',
    });
    expect(await elapsed(() => broker.close())).toBeLessThan(3_000);
    await published;
  });
});
