import { jest } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { JobRef } from '../../libs/core/src/enqueue/job-ref.js';
import type { RabbitMqBroker } from '../../libs/core/src/broker/rabbitmq/rabbitmq-broker.js';
import { jobQueueArguments } from '../../libs/core/src/broker/rabbitmq/topology/queues.js';
import { resolveOptions } from '../../libs/core/src/options/resolve.js';
import { message, someIds } from '../../libs/core/src/testing/contract/scene.js';
import { RabbitMqApp, acked, collect } from '../support/rabbitmq-app.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

// `until` says more than the test runner, and waits longer than its five seconds.
jest.setTimeout(60_000);

const rabbit = new RabbitMqApp('declare-late');
const { names } = rabbit;
let proxy: TcpProxy;

beforeAll(async () => {
  rabbit.owns('early', 'silent', 'cut', 'closing');
  await rabbit.connect();
});
beforeEach(async () => {
  rabbit.lines.length = 0;
  proxy = await TcpProxy.start(rabbit.url);
});
afterEach(() => proxy.refuse());
afterAll(() => rabbit.dispose());

/** A timer counts from the begin of the event loop's turn, which a busy machine may have begun long before. */
const TIMER_SLACK_MS = 400;

/** What a call that fails throws, and after how long. */
async function failureOf(work: () => Promise<unknown>): Promise<{ error: Error; afterMs: number }> {
  const startedAt = Date.now();
  const error = await work().then(
    () => new Error('it did not fail'),
    (thrown: Error) => thrown,
  );
  return { error, afterMs: Date.now() - startedAt };
}

describe('an enqueue before the connection is there', () => {
  it('waits no longer than publishTimeout for a broker that says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `amqp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { warren } = rabbit.warren([], { url: [url, url], publishTimeout: 500, connectTimeout: 4_000 });
    const { error, afterMs } = await failureOf(() => warren.jobs.enqueue('early'));
    expect(error).toMatchObject({ code: 'WARREN_NOT_CONNECTED' });
    expect(afterMs).toBeGreaterThanOrEqual(500 - TIMER_SLACK_MS);
    expect(afterMs).toBeLessThan(4_000);
    await warren.close();
    silent.close();
  });

  it('is published when the broker answers within publishTimeout', async () => {
    await proxy.refuse();
    const { warren } = rabbit.warren([], { url: proxy.url, worker: false });
    const enqueued = warren.jobs.enqueue('early:job');
    const starting = warren.start();
    await proxy.open();
    await Promise.all([enqueued, starting]);
    await rabbit.untilCount(names.queue('early'), 1);
  });

  it('hears at once that user or password is wrong', async () => {
    const url = new URL(rabbit.url);
    url.password = 'wrong';
    const { warren } = rabbit.warren([], { url: url.href, publishTimeout: '30s' });
    const { error, afterMs } = await failureOf(() => warren.jobs.enqueue('early'));
    expect(error).toMatchObject({ code: 'WARREN_ACCESS_REFUSED' });
    expect(afterMs).toBeLessThan(5_000);
    await expect(warren.start()).rejects.toMatchObject({ code: 'WARREN_ACCESS_REFUSED' });
  });

  it('hears when the connection is there that its queue exists with other arguments', async () => {
    const spec = rabbit.spec('other');
    await rabbit.amqp((channel) =>
      channel.assertQueue(names.queue('other'), {
        durable: true,
        arguments: { ...jobQueueArguments(spec, names), 'x-message-ttl': 5_000 },
      }),
    );
    await proxy.refuse();
    const broker = await rabbit.connect({ urls: [proxy.url] });
    await broker.ensureQueue(spec);
    const published = failureOf(() => broker.publish(message('m'), { queue: 'other' }));
    await proxy.open();
    expect((await published).error).toMatchObject({ code: 'WARREN_TOPOLOGY_MISMATCH' });
    expect(await rabbit.count(names.queue('other'))).toBe(0);
  });
});

describe('a queue that is declared by the first enqueue', () => {
  it('makes it wait no longer than publishTimeout for a broker that fell silent', async () => {
    const { warren } = await rabbit.startWarren([], { url: proxy.url, worker: false, publishTimeout: 1_500 });
    proxy.stall();
    const { error, afterMs } = await failureOf(() => warren.jobs.enqueue('silent:job'));
    expect(error).toMatchObject({
      code: 'WARREN_NOT_CONNECTED',
      message: expect.stringMatching(/does not answer the declaration of the queue/) as string,
    });
    expect(afterMs).toBeGreaterThanOrEqual(1_500 - TIMER_SLACK_MS);
    expect(afterMs).toBeLessThan(2_900);
    const next = warren.jobs.enqueue('silent:job');
    proxy.flow();
    await next;
    expect(await rabbit.count(names.queue('silent'))).toBe(1);
  });

  it('is declared by the next connection when the first ends meanwhile', async () => {
    const { warren } = await rabbit.startWarren([], { url: proxy.url, worker: false });
    for (const type of ['cut:job', 'silent:job']) {
      proxy.stall();
      const enqueued = warren.jobs.enqueue(type);
      await new Promise(setImmediate);
      proxy.flow();
      proxy.cut();
      await enqueued;
    }
    await rabbit.untilCount(names.queue('cut'), 1);
  });

  it('is remembered by a worker that boots in that moment', async () => {
    const broker = await rabbit.connect({ urls: [proxy.url] });
    proxy.stall();
    const declared = broker.ensureQueue(rabbit.spec('remembered'));
    proxy.cut();
    await declared;
    proxy.flow();
    await broker.publish(message('m'), { queue: 'remembered' });
    await rabbit.untilCount(names.queue('remembered'), 1);
  });
});

describe('a queue that was deleted', () => {
  let broker: RabbitMqBroker;

  beforeAll(async () => {
    broker = await rabbit.connect();
  });

  /** As an operator does who cleans up. */
  function remove(queue: string): Promise<unknown> {
    return rabbit.amqp(async (channel) => {
      await channel.deleteQueue(names.queue(queue));
      await channel.deleteQueue(names.deadQueue(queue));
    });
  }

  it('is declared anew by the publishes that miss it, and has each once', async () => {
    await broker.ensureQueue(rabbit.spec('deleted'));
    for (let round = 0; round < 2; round += 1) {
      await remove('deleted');
      await Promise.all(someIds(50).map((id) => broker.publish(message(id), { queue: 'deleted' })));
      await rabbit.untilCount(names.queue('deleted'), 50);
      expect((await rabbit.idsIn(names.queue('deleted'))).sort()).toEqual(someIds(50).sort());
    }
    await broker.publish(message('later'), { queue: 'deleted', delayMs: 20 });
    await rabbit.untilCount(names.queue('deleted'), 51);
  });

  it('is declared anew for a dead letter', async () => {
    await broker.ensureQueue(rabbit.spec('undead'));
    await remove('undead');
    await broker.bury(message('dead'), 'undead');
    expect(await broker.stats('undead')).toMatchObject({ ready: 0, deadLetters: 1 });
  });

  it('heals for an application that only enqueues', async () => {
    rabbit.owns('healing');
    const { warren } = await rabbit.startWarren([], { worker: false });
    await warren.jobs.enqueue('healing:job');
    await remove('healing');
    await warren.jobs.enqueue('healing:job');
    expect(await rabbit.count(names.queue('healing'))).toBe(1);
  });

  it('fails the publish when it exists with other arguments by now', async () => {
    const spec = rabbit.spec('replaced');
    await broker.ensureQueue(spec);
    await remove('replaced');
    await rabbit.amqp((channel) =>
      channel.assertQueue(names.deadQueue('replaced'), {
        durable: true,
        arguments: { 'x-queue-type': 'classic' },
      }),
    );
    for (let round = 0; round < 2; round += 1) {
      await expect(broker.publish(message('m'), { queue: 'replaced' })).rejects.toMatchObject({
        code: 'WARREN_TOPOLOGY_MISMATCH',
      });
    }
    await remove('replaced');
    await broker.publish(message('mended'), { queue: 'replaced' });
    expect(await rabbit.idsIn(names.queue('replaced'))).toEqual(['mended']);
  });

  it('stays an error with `declare: false`, where somebody else makes queues', async () => {
    await broker.ensureQueue(rabbit.spec('theirs'));
    const other = await rabbit.connect({ declare: false });
    await other.ensureQueue(rabbit.spec('theirs'));
    await remove('theirs');
    await expect(other.publish(message('m'), { queue: 'theirs' })).rejects.toMatchObject({
      code: 'WARREN_UNROUTABLE',
    });
  });
});

describe('dead letters of a queue that does not exist', () => {
  it('are none, and nothing is declared by looking', async () => {
    const { warren } = await rabbit.startWarren([], { worker: false });
    const letters = warren.jobs.deadLetters('emial');
    expect(await letters.list()).toEqual([]);
    expect(await letters.requeue({ all: true })).toBe(0);
    for (const queue of [names.queue('emial'), names.deadQueue('emial')]) {
      await expect(rabbit.count(queue)).rejects.toMatchObject({ code: 404 });
    }
  });

  it('return to the queue that they outlived', async () => {
    rabbit.owns('outlived');
    const { spec } = resolveOptions(
      {},
      { production: false, test: true },
      { workerName: 'w', cores: 2 },
    ).queues.settingsOf('outlived');
    const maker = await rabbit.connect();
    await maker.ensureQueue(spec);
    for (const id of someIds(3)) await maker.bury(message(id), 'outlived');
    await rabbit.amqp((channel) => channel.deleteQueue(names.queue('outlived')));
    const { warren } = await rabbit.startWarren([], { worker: false });
    const letters = warren.jobs.deadLetters('outlived');
    expect(await letters.list()).toHaveLength(3);
    expect(await letters.requeue({ all: true })).toBe(3);
    expect(await rabbit.idsIn(names.queue('outlived'))).toEqual(someIds(3));
    const consumer = await collect(maker, 'outlived', acked);
    await consumer.received(3);
  });
});

describe('an application that closes', () => {
  it('leaves each enqueue under way either published or refused with a code', async () => {
    const { warren } = await rabbit.startWarren([], { worker: false, maxUnconfirmed: 20 });
    const enqueues = someIds(300).map((id) => warren.jobs.enqueue('closing:job', id, { id }));
    await enqueues[0];
    const closing = warren.close();
    const results = await Promise.allSettled(enqueues);
    await closing;
    await expect(warren.jobs.enqueue('closing:job', 'after')).rejects.toMatchObject({
      code: 'WARREN_CLOSED',
    });
    const taken = results.filter(
      (result): result is PromiseFulfilledResult<JobRef> => result.status === 'fulfilled',
    );
    const codes = results.flatMap((result) =>
      result.status === 'rejected' ? [(result.reason as { code?: unknown }).code] : [],
    );
    for (const code of codes) expect(code).toBe('WARREN_CLOSED');
    const ids = await rabbit.idsIn(names.queue('closing'));
    expect(ids).toEqual(expect.arrayContaining(taken.map(({ value }) => value.id)));
    expect(taken.length).toBeGreaterThanOrEqual(20);
    await until(() => warren.status().state === 'closed', 'it is closed');
  });
});
