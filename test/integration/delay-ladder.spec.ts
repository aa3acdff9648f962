import { jest } from '@jest/globals';
import { LONGEST_DELAY_MS } from '../../libs/core/src/broker/rabbitmq/topology/delay-levels.js';
import type { RabbitMqBroker } from '../../libs/core/src/broker/rabbitmq/rabbitmq-broker.js';
import { fixed } from '../../libs/core/src/kernel/backoff.js';
import { message, someIds } from '../../libs/core/src/testing/contract/scene.js';
import { seededRandom } from '../../libs/core/src/testing/seeded-random.js';
import { until } from '../support/until.js';
import { RabbitMqApp, acked, collect } from '../support/rabbitmq-app.js';

// `until` says more than the test runner, and waits longer than its five seconds.
jest.setTimeout(60_000);

/** Lateness that only a blocked ladder explains, on a busy machine too. */
const LATE_MS = 2_000;

describe.each(['quorum', 'classic'] as const)('the delay ladder of %s queues', (queueType) => {
  const rabbit = new RabbitMqApp(`ladder-${queueType}`);
  const { names } = rabbit;
  let broker: RabbitMqBroker;

  beforeAll(async () => {
    broker = await rabbit.connect({ queueType });
  });
  afterAll(() => rabbit.dispose());

  async function queue(name: string): Promise<string> {
    await broker.ensureQueue(rabbit.spec(name, { type: queueType }));
    return name;
  }

  it('puts jobs whose queue is gone into the unroutable queue, and holds up no other', async () => {
    const [gone, here] = [await queue('gone'), await queue('here')];
    const consumer = await collect(broker, here, acked);
    // More than the broker hands over at a time, which is 32.
    const lost = someIds(40).map((id) => `lost ${id}`);
    await rabbit.amqp((channel) => channel.deleteQueue(names.queue(gone)));
    for (const id of lost) await broker.publish(message(id), { queue: gone, delayMs: 300 });
    await broker.publish(message('behind'), { queue: here, delayMs: 300 });
    await consumer.received(1);
    await broker.publish(message('later'), { queue: here, delayMs: 130 });
    await consumer.received(2);
    expect(consumer.ids).toEqual(['behind', 'later']);
    await rabbit.untilCount(names.unroutable, lost.length);
    expect(await rabbit.idsIn(names.unroutable)).toEqual(lost);
  });

  it('lets no full queue hold up the delays of others', async () => {
    const here = await queue('beside');
    await broker.ensureQueue(rabbit.spec('full', { type: queueType, maxLength: 1 }));
    const consumer = await collect(broker, here, acked);
    for (const id of someIds(60)) await broker.publish(message(id), { queue: 'full', delayMs: 5 });
    await until(async () => (await broker.stats('full')).ready > 0, 'the queue is full');
    for (const id of someIds(5)) await broker.publish(message(id), { queue: here, delayMs: 50 });
    await consumer.received(5);
  });

  it('brings delayed jobs into a queue with a length limit while there is room', async () => {
    await broker.ensureQueue(rabbit.spec('limited', { type: queueType, maxLength: 1_000 }));
    const consumer = await collect(broker, 'limited', acked);
    for (const id of someIds(20)) await broker.publish(message(id), { queue: 'limited', delayMs: 30 });
    await consumer.received(20);
    expect(new Set(consumer.ids)).toEqual(new Set(someIds(20)));
    const [{ message: again }] = [await consumer.at(0)];
    await broker.publish(again, { queue: 'limited', delayMs: 30 });
    await consumer.received(21);
  });

  it('brings a job to its own queue only, however much the names of queues look alike', async () => {
    const alike = ['mail', 'mail.x', 'xmail', 'x.mail', 'mail.mail', '0.mail', '1'];
    const consumers = new Map<string, Awaited<ReturnType<typeof collect>>>();
    for (const name of alike) consumers.set(name, await collect(broker, await queue(name), acked));
    for (const name of alike) await broker.publish(message(`for ${name}`), { queue: name, delayMs: 77 });
    for (const name of alike) await broker.publish(message(`last of ${name}`), { queue: name, delayMs: 600 });
    for (const [name, consumer] of consumers) {
      await consumer.received(2);
      expect(consumer.ids).toEqual([`for ${name}`, `last of ${name}`]);
    }
  });

  it('brings each job in time, not early, and not late because of longer delays before it', async () => {
    const random = seededRandom(7);
    const name = await queue('timed');
    const due = new Map<string, number>();
    const lateMs: number[] = [];
    const consumer = await collect(broker, name, ({ message: { messageId }, settlement }) => {
      lateMs.push(Date.now() - due.get(messageId!)!);
      settlement.ack();
    });
    for (let index = 0; index < 50; index += 1) {
      await broker.publish(message(`hours ${index}`), { queue: name, delayMs: 3_600_000 + index });
    }
    const delaysMs = [0.4, 1, 2.5, 63, 64, 65, ...Array.from({ length: 60 }, () => random.next() * 1_500)];
    await Promise.all(
      delaysMs.map((delayMs, index) => {
        due.set(`m-${index}`, Date.now() + delayMs);
        return broker.publish(message(`m-${index}`), { queue: name, delayMs });
      }),
    );
    await consumer.received(delaysMs.length);
    expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...lateMs)).toBeLessThan(LATE_MS);
    expect(new Set(consumer.ids)).toEqual(new Set(someIds(delaysMs.length)));
  });

  it('parks a delay above the longest at the highest level', async () => {
    const name = await queue('far');
    await broker.publish(message('far'), { queue: name, delayMs: LONGEST_DELAY_MS * 3 });
    await rabbit.untilCount(names.delayLevel(31), 1);
  });

  it('delays a job again after each failed attempt', async () => {
    const startedAt: number[] = [];
    rabbit.owns('flaky');
    const { warren, recorder } = await rabbit.startWarren(
      [
        {
          type: 'flaky:job',
          options: { attempts: 5, backoff: fixed('60ms', { jitter: 'none' }) },
          run: (_, { attempt }) => {
            startedAt.push(Date.now());
            if (attempt < 5) throw new Error(`attempt ${attempt} fails`);
          },
        },
      ],
      { queueType, worker: {} },
    );
    await warren.jobs.enqueue('flaky:job', {}, { delay: '30ms' });
    expect(await recorder.next('completed')).toMatchObject({ attempt: 5 });
    const pauses = startedAt.slice(1).map((at, index) => at - startedAt[index]!);
    expect(pauses).toHaveLength(4);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(60);
  });
});

it('is declared by many processes that boot at the same time', async () => {
  const rabbit = new RabbitMqApp('ladder-race');
  try {
    const brokers = await Promise.all(Array.from({ length: 4 }, () => rabbit.connect()));
    await Promise.all(brokers.map((each) => each.ensureQueue(rabbit.spec('race'))));
    const consumer = await collect(brokers[0]!, 'race', acked);
    await Promise.all(brokers.map((each) => each.publish(message('m'), { queue: 'race', delayMs: 20 })));
    await consumer.received(4);
  } finally {
    await rabbit.dispose();
  }
});
