import { jest } from '@jest/globals';
import { MemoryJobStore } from '../../libs/core/src/store/memory/index.js';
import { message, someIds } from '../../libs/core/src/testing/contract/scene.js';
import { RabbitMqApp, collect } from '../support/rabbitmq-app.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

// `until` says more than the test runner, and waits longer than its five seconds.
jest.setTimeout(60_000);

const rabbit = new RabbitMqApp('ahead');
afterAll(() => rabbit.dispose());

describe('a consumer', () => {
  it('takes as many messages ahead as it is told, over a lost connection too, and no more when it is told so', async () => {
    const proxy = await TcpProxy.start(rabbit.url);
    const broker = await rabbit.connect({ urls: [proxy.url] });
    await broker.ensureQueue(rabbit.spec('many'));
    for (const id of someIds(12)) await broker.publish(message(id), { queue: 'many' });
    const consumer = await collect(broker, 'many', undefined, { prefetch: 2 });
    await consumer.received(2);
    consumer.consumption.readAhead!(3);
    await consumer.received(5);
    proxy.cut();
    await consumer.received(10);
    expect(new Set(consumer.ids.slice(5)).size).toBe(5);

    consumer.consumption.readAhead!(0);
    for (const { settlement } of consumer.deliveries.slice(5)) settlement.ack();
    await consumer.received(12);
    // The broker counts a consumer that was cancelled until it holds nothing more.
    for (const { settlement } of consumer.deliveries.slice(10)) settlement.ack();
    const queue = rabbit.names.queue('many');
    const consumers = () => rabbit.amqp(async (channel) => (await channel.checkQueue(queue)).consumerCount);
    await until(async () => (await consumers()) === 1, 'one consumer is left');
    await consumer.received(14);
    await consumer.consumption.stop();
    expect(consumer.deliveries).toHaveLength(14);
    await proxy.refuse();
  });

  it('takes ahead anew, other messages each time, while those of before are not settled', async () => {
    const broker = await rabbit.connect();
    await broker.ensureQueue(rabbit.spec('anew'));
    const ids = someIds(30);
    for (const id of ids) await broker.publish(message(id), { queue: 'anew' });
    const consumer = await collect(broker, 'anew', undefined, { prefetch: 2 });
    await consumer.received(2);
    const ahead = async (count: number): Promise<void> => {
      consumer.consumption.readAhead!(count);
      // It changes in its own time.
      await rabbit.amqp((channel) => channel.checkQueue(rabbit.names.queue('anew')));
    };
    await until(async () => {
      await ahead(3);
      await ahead(0);
      return consumer.deliveries.length >= 11;
    }, 'it took ahead three times');
    for (let settled = 0; settled < ids.length; settled += 1) {
      await consumer.received(settled + 1);
      consumer.deliveries[settled]!.settlement.ack();
    }
    expect(consumer.ids).toEqual(ids);
  });

  it('takes more ahead, or less, when it is told so', async () => {
    const broker = await rabbit.connect();
    await broker.ensureQueue(rabbit.spec('other'));
    for (const id of someIds(30)) await broker.publish(message(id), { queue: 'other' });
    const consumer = await collect(broker, 'other', undefined, { prefetch: 2 });
    consumer.consumption.readAhead!(3);
    await consumer.received(5);
    consumer.consumption.readAhead!(6);
    // What was taken ahead before is still there.
    await consumer.received(11);
    consumer.consumption.readAhead!(1);
    await consumer.received(12);
    for (const { settlement } of consumer.deliveries.slice(0, 12)) settlement.ack();
    await consumer.received(15);
    await consumer.consumption.stop();
    expect(consumer.deliveries).toHaveLength(15);
  });

  it('takes nothing more when it is stopped just as it begins to take ahead', async () => {
    const broker = await rabbit.connect();
    await broker.ensureQueue(rabbit.spec('stopped'));
    const consumer = await collect(broker, 'stopped', undefined, { prefetch: 2 });
    consumer.consumption.readAhead!(3);
    await consumer.consumption.stop();
    const queue = rabbit.names.queue('stopped');
    const consumers = () => rabbit.amqp(async (channel) => (await channel.checkQueue(queue)).consumerCount);
    await until(async () => (await consumers()) === 0, 'no consumer is left');
    await broker.publish(message('later'), { queue: 'stopped' });
    await rabbit.untilCount(queue, 1);
    expect(consumer.deliveries).toEqual([]);
  });
});

describe('a worker', () => {
  it('takes messages ahead while its handlers are short, and runs no more of them at once', async () => {
    let [running, most] = [0, 0];
    const { warren, recorder } = await rabbit.startWarren(
      [
        {
          type: 'short:job',
          run: async () => {
            running += 1;
            most = Math.max(most, running);
            await new Promise(setImmediate);
            running -= 1;
          },
        },
      ],
      { worker: { concurrency: 3 } },
    );
    rabbit.owns('short');
    const consumers = async () =>
      (await rabbit.amqp((channel) => channel.checkQueue(rabbit.names.queue('short')))).consumerCount;
    expect(await consumers()).toBe(1);
    const refs = await Promise.all(Array.from({ length: 300 }, () => warren.jobs.enqueue('short:job', {})));
    await until(() => recorder.all('completed').length === refs.length, 'all have completed');
    expect(most).toBe(3);
    expect(await consumers()).toBe(2);
  });

  it('takes nothing ahead from a queue with limits over all workers', async () => {
    const handler = { type: 'limited:job', run: () => undefined };
    const { warren, recorder } = await rabbit.startWarren([handler], {
      store: new MemoryJobStore(),
      queues: { limited: { maxConcurrent: 2 } },
      worker: { concurrency: 3 },
    });
    rabbit.owns('limited');
    await Promise.all(Array.from({ length: 200 }, () => warren.jobs.enqueue('limited:job', {})));
    await until(() => recorder.all('completed').length === 200, 'all have completed');
    const queue = rabbit.names.queue('limited');
    expect((await rabbit.amqp((channel) => channel.checkQueue(queue))).consumerCount).toBe(1);
    expect(recorder.all('interrupted')).toEqual([]);
  });

  it('gives back what it took ahead when its queue is paused, and takes ahead anew with another concurrency', async () => {
    let end: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (end = resolve));
    const ran: unknown[] = [];
    const handler = {
      type: 'paused:job',
      run: (payload: unknown) => {
        ran.push(payload);
        return payload === 'long' ? held : undefined;
      },
    };
    const { warren, recorder } = await rabbit.startWarren([handler], { worker: { concurrency: 1 } });
    rabbit.owns('paused');
    const queue = rabbit.names.queue('paused');
    const state = () => rabbit.amqp((channel) => channel.checkQueue(queue));
    const done = (count: number) =>
      until(() => recorder.all('completed').length === count, `${count} have completed`);
    const short = async (count: number): Promise<void> => {
      for (let sent = 0; sent < count; sent += 1) await warren.jobs.enqueue('paused:job', 'short');
    };
    await short(60);
    await done(60);
    expect((await state()).consumerCount).toBe(2);
    await warren.jobs.enqueue('paused:job', 'long');
    await until(() => ran.includes('long'), 'it runs');
    await warren.jobs.enqueue('paused:job', 'behind it');
    await until(async () => (await state()).messageCount === 0, 'the one behind it was taken ahead');
    await warren.jobs.queues.pause('paused');
    await until(async () => (await state()).messageCount === 1, 'it is given back');
    end();
    await done(61);
    expect((await state()).messageCount).toBe(1);
    expect(ran).not.toContain('behind it');

    await warren.jobs.queues.configure('paused', { concurrency: 3 });
    await warren.jobs.queues.resume('paused');
    await done(62);
    expect((await state()).consumerCount).toBe(1);
    await short(60);
    await done(122);
    expect((await state()).consumerCount).toBe(2);
  });

  it('gives back what it took ahead when a handler turns out to be long', async () => {
    let end: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (end = resolve));
    const handler = { type: 'mixed:job', run: (payload: unknown) => (payload === 'long' ? held : undefined) };
    const options = { worker: { concurrency: 1 } };
    const { warren, recorder } = await rabbit.startWarren([handler], options);
    rabbit.owns('mixed');
    const done = (count: number) =>
      until(() => recorder.all('completed').length === count, `${count} have completed`);
    for (let count = 0; count < 60; count += 1) await warren.jobs.enqueue('mixed:job', 'short');
    await done(60);
    await warren.jobs.enqueue('mixed:job', 'long');
    await warren.jobs.enqueue('mixed:job', 'behind it');
    await until(() => recorder.all('interrupted').length === 1, 'the one behind it is given back');
    const other = await rabbit.startWarren([handler], options);
    await until(() => other.recorder.all('completed').length === 1, 'another worker has run it');
    expect(other.recorder.all('started')[0]).toMatchObject({ attempt: 1 });
    end();
    await done(61);
  });
});
