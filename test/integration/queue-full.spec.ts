import { jest } from '@jest/globals';
import { QueueFullError } from '../../libs/core/src/kernel/errors/index.js';
import { message, someIds } from '../../libs/core/src/testing/contract/scene.js';
import { RabbitMqApp, acked, collect } from '../support/rabbitmq-app.js';
import { until } from '../support/until.js';

// `until` says more than the test runner, and waits longer than its five seconds.
jest.setTimeout(60_000);

/** Jobs and queues that are full, over a real RabbitMQ. */
describe('a full queue', () => {
  const rabbit = new RabbitMqApp('full');
  const { names } = rabbit;

  afterAll(() => rabbit.dispose());

  it('that refuses throws QueueFullError at the caller, one by one and in bulk', async () => {
    rabbit.owns('refusing');
    const { warren } = await rabbit.startWarren([], {
      worker: false,
      queues: { refusing: { maxLength: 2 } },
    });
    const enqueue = (id: string) => warren.jobs.enqueue('refusing:job', {}, { id });
    const untilFull = async (): Promise<void> => {
      // A quorum queue may let a few more in than its limit says.
      for (const id of someIds(100)) await enqueue(id);
    };
    const error = await untilFull().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(QueueFullError);
    expect(error).toMatchObject({ code: 'WARREN_QUEUE_FULL', queue: 'refusing', maxLength: 2 });
    const bulk = await warren.jobs
      .enqueueMany(someIds(3).map(() => ({ job: 'refusing:job', payload: {} })))
      .catch((thrown: unknown) => thrown);
    expect(bulk).toMatchObject({ code: 'WARREN_BULK_INCOMPLETE', enqueued: [] });
  });

  it.each(['quorum', 'classic'] as const)(
    'that drops its oldest (%s) keeps those in the dead letters as displaced, from where they run again',
    async (type) => {
      const queue = `dropping-${type}`;
      rabbit.owns(queue);
      const options = { queues: { [queue]: { type, maxLength: 10, overflow: 'drop-oldest' as const } } };
      const { warren: producer } = await rabbit.startWarren([], { worker: false, ...options });
      const ids = someIds(50);
      await producer.jobs.enqueueMany(
        ids.map((id) => ({ job: 'news:job', payload: id, options: { id, queue } })),
      );
      const letters = producer.jobs.deadLetters(queue);
      await until(async () => (await letters.list()).length === 40, '40 jobs are displaced');
      const listed = await letters.list();
      // RabbitMQ 3.10 may turn round the order of those that it drops at once.
      expect(listed.map(({ id }) => id).sort()).toEqual(ids.slice(0, 40).sort());
      expect(new Set(listed.map(({ reason, error }) => `${reason}${error}`))).toEqual(new Set(['displaced']));
      expect(await letters.requeue({ all: true })).toBe(40);
      await rabbit.untilCount(names.queue(queue), 10);
      await rabbit.untilCount(names.deadQueue(queue), 40);

      const ran: string[] = [];
      const run = (_payload: unknown, job: { id: string }) => void ran.push(job.id);
      await rabbit.startWarren([{ type: 'news:', options: { queue }, run }], options);
      await until(() => ran.length === 10, 'those that waited ran');
      // A few at a time: the queue takes no more than its limit besides what is handed out.
      while (ran.length < 50) {
        const before = ran.length;
        const some = (await letters.list({ limit: 10 })).map(({ id }) => id!);
        await letters.requeue({ ids: some });
        await until(() => ran.length >= before + some.length, 'the requeued ones ran');
      }
      expect(ran.sort()).toEqual([...ids].sort());
    },
  );

  it('that drops its oldest needs no waiting room, and takes delays and retries at once', async () => {
    const broker = await rabbit.connect();
    await broker.ensureQueue(rabbit.spec('due', { maxLength: 2, overflow: 'drop-oldest' }));
    for (const id of someIds(2)) await broker.publish(message(id), { queue: 'due' });
    for (const id of ['x', 'y', 'z']) await broker.publish(message(id), { queue: 'due', delayMs: 10 });
    await rabbit.untilCount(names.deadQueue('due'), 3);
    await expect(rabbit.amqp((channel) => channel.checkQueue(names.waitingRoom('due')))).rejects.toThrow(
      /NOT_FOUND/,
    );
    const consumer = await collect(broker, 'due', acked);
    await consumer.received(2);
    expect(consumer.ids.every((id) => ['x', 'y', 'z'].includes(id!))).toBe(true);
  });

  it('moves poison to the dead letters as poison, also where it drops its oldest', async () => {
    const broker = await rabbit.connect();
    const limits = { maxLength: 2, overflow: 'drop-oldest', deliveryLimit: 1 } as const;
    await broker.ensureQueue(rabbit.spec('poisonous', limits));
    await broker.publish(message('bad'), { queue: 'poisonous' });
    await rabbit.amqp(async (channel) => {
      for (;;) {
        const raw = await channel.get(names.queue('poisonous'));
        if (raw === false) break;
        channel.reject(raw, true);
      }
    });
    await rabbit.untilCount(names.deadQueue('poisonous'), 1);
    const reasons: unknown[] = [];
    await broker.visitDeadLetters('poisonous', ({ brokerReason }) => {
      reasons.push(brokerReason);
      return 'keep';
    });
    expect(reasons).toEqual(['poison']);
  });

  it('is not turned from refusing to dropping while it exists', async () => {
    const broker = await rabbit.connect();
    const other = await rabbit.connect();
    await broker.ensureQueue(rabbit.spec('fixed', { maxLength: 2 }));
    await expect(
      other.ensureQueue(rabbit.spec('fixed', { maxLength: 2, overflow: 'drop-oldest' })),
    ).rejects.toMatchObject({
      code: 'WARREN_TOPOLOGY_MISMATCH',
      message: expect.stringContaining('Set the option overflow to the existing value') as string,
      details: { argument: 'x-dead-letter-strategy', wanted: 'at-most-once', existing: 'at-least-once' },
    });
  });
});
