import { systemClock } from '../../kernel/clock.js';
import { brokerContract, signalsContract } from '../../testing/contract/index.js';
import { message, Scene } from '../../testing/contract/scene.js';
import { ManualClock, settled } from '../../testing/manual-clock.js';
import { createMemoryBroker, type MemoryBroker } from './index.js';

const underTest = async () => {
  const broker = createMemoryBroker({ clock: systemClock });
  await broker.start();
  return {
    broker,
    connect: () => Promise.resolve(broker.connect()),
    loseConsumers: (queue: string) => broker.loseConsumers(queue),
    dispose: () => broker.close(),
  };
};

brokerContract('memory', underTest);
signalsContract('memory', underTest);

describe('the memory broker', () => {
  let clock: ManualClock;
  let broker: MemoryBroker;
  let scene: Scene;

  beforeEach(() => {
    clock = new ManualClock();
    broker = createMemoryBroker({ clock });
    scene = new Scene({
      broker,
      connect: () => Promise.resolve(broker.connect()),
      loseConsumers: (queue) => broker.loseConsumers(queue),
      dispose: () => broker.close(),
    });
  });
  afterEach(async () => {
    await scene.end();
    await broker.close();
    expect(clock.pendingTimers).toBe(0);
  });

  describe('order', () => {
    it('hands out higher priorities first, and in order within one; none counts as 0', async () => {
      const queue = await scene.queue();
      const priorities = [undefined, 5, 0, 31, 5, undefined, 1];
      for (const [index, priority] of priorities.entries()) {
        const id = `${priority ?? 'none'} (${index})`;
        await broker.publish(message(id, priority === undefined ? {} : { priority }), { queue });
      }
      const consumer = await scene.consume(queue);
      await settled();
      expect(consumer.ids).toEqual(['31 (3)', '5 (1)', '5 (4)', '1 (6)', 'none (0)', '0 (2)', 'none (5)']);
    });

    it('puts messages that are given back in any order where they were', async () => {
      const queue = await scene.queue();
      await scene.publishAll(queue, ['a', 'b', 'c', 'd', 'e']);
      const consumer = await scene.consume(queue, { prefetch: 4 });
      const [a, b, c, d] = await consumer.received(4);
      await consumer.consumption.stop();
      for (const delivery of [c, a, d, b]) delivery!.settlement.giveBack();
      const next = await scene.consume(queue);
      await settled();
      expect(next.ids).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(next.deliveries.map(({ redelivered }) => redelivered)).toEqual([true, true, true, true, false]);
    });

    it('goes round robin over consumers with room', async () => {
      const queue = await scene.queue();
      const consumers = [await scene.consume(queue), await scene.consume(queue, { prefetch: 1 })];
      await scene.publishAll(queue, ['a', 'b', 'c', 'd', 'e']);
      await settled();
      expect(consumers.map(({ ids }) => ids)).toEqual([['a', 'c', 'd', 'e'], ['b']]);
    });

    it('lets the event loop turn while it drains a long queue', async () => {
      const queue = await scene.queue();
      await Promise.all(Array.from({ length: 5_000 }, (_, index) => scene.publish(queue, `${index}`)));
      const consumer = await scene.consume(queue, { prefetch: 1, react: (each) => each.settlement.ack() });
      const others = await scene.consume(queue, { prefetch: 100, react: (each) => each.settlement.ack() });
      let turns = 0;
      while (consumer.ids.length + others.ids.length < 5_000) {
        await new Promise((resolve) => setImmediate(resolve));
        turns += 1;
      }
      expect(turns).toBeGreaterThan(50);
    });
  });

  describe('what comes back', () => {
    it('counts lost lives towards the delivery limit, and messages given back not at all', async () => {
      const queue = await scene.queue({ deliveryLimit: 1 });
      const consumer = await scene.consume(queue);
      await scene.publish(queue, 'm');
      for (let index = 0; index < 50; index += 1) (await consumer.at(index)).settlement.giveBack();
      expect((await consumer.at(50)).deliveryCount).toBe(0);
      broker.loseConsumers(queue);
      expect((await consumer.at(51)).deliveryCount).toBe(1);
      (await consumer.at(51)).settlement.giveBack();
      expect((await consumer.at(52)).deliveryCount).toBe(1);
      expect(await broker.stats(queue)).toMatchObject({ deadLetters: 0 });
      broker.loseConsumers(queue);
      expect(await scene.deadLetters(queue)).toMatchObject([{ brokerReason: 'poison' }]);
    });

    it('does not count a closed connection', async () => {
      const queue = await scene.queue({ deliveryLimit: 1 });
      await scene.publish(queue, 'm');
      for (let round = 0; round < 5; round += 1) {
        const other = broker.connect();
        expect(await (await scene.consume(queue, { on: other })).at(0)).toMatchObject({ deliveryCount: 0 });
        await other.close();
      }
    });

    it('loses the consumers of every connection, and begins a new life of each', async () => {
      const queue = await scene.queue();
      const lives: string[] = [];
      for (const [name, on] of [
        ['one', broker],
        ['two', broker.connect()],
      ] as const) {
        await on.consume(
          queue,
          { prefetch: 1 },
          {
            onDelivery: ({ message: { messageId } }) => lives.push(`${name} got ${messageId}`),
            onLost: (incarnation, why) => lives.push(`${name} lost ${incarnation}: ${why}`),
            onAttached: (incarnation) => lives.push(`${name} attached ${incarnation}`),
          },
        );
      }
      broker.loseConsumers(queue, 'pulled the plug');
      expect(broker.status().consumers).toEqual([{ queue, attached: false }]);
      await settled();
      expect(broker.status().consumers).toEqual([{ queue, attached: true }]);
      expect(lives).toEqual([
        'one attached 1',
        'two attached 1',
        'one lost 1: pulled the plug',
        'two lost 1: pulled the plug',
        'one attached 2',
        'two attached 2',
      ]);
    });

    it('does not revive a consumer that was stopped, but tells it that its open deliveries are lost', async () => {
      const queue = await scene.queue();
      const consumer = await scene.consume(queue);
      await scene.publish(queue, 'm');
      const { settlement } = await consumer.at(0);
      await consumer.consumption.stop();
      broker.loseConsumers(queue);
      await settled();
      expect(consumer.losses).toHaveLength(1);
      expect(settlement.ack()).toBe('lost');
      expect(consumer.ids).toEqual(['m']);
      expect(await broker.stats(queue)).toEqual({ ready: 1, deadLetters: 0, consumers: 0 });
    });
  });

  describe('time to live', () => {
    it('moves a message that waits to the dead letters at the instant of its ttl', async () => {
      const queue = await scene.queue({ messageTtlMs: 1_000 });
      await scene.publish(queue, 'm');
      await clock.advance(999);
      expect(await broker.stats(queue)).toMatchObject({ ready: 1, deadLetters: 0 });
      await clock.advance(1);
      expect(await scene.deadLetters(queue)).toMatchObject([{ brokerReason: 'expired' }]);
    });

    it('counts from when a delayed message is due', async () => {
      const queue = await scene.queue({ messageTtlMs: 1_000 });
      await scene.publish(queue, 'm', 5_000);
      await clock.advance(5_999);
      expect(await broker.stats(queue)).toMatchObject({ ready: 1 });
      await clock.advance(1);
      expect(await broker.stats(queue)).toMatchObject({ ready: 0, deadLetters: 1 });
    });

    it('lets a message be run as long as it takes, and expires it only when it comes back', async () => {
      const queue = await scene.queue({ messageTtlMs: 1_000 });
      const consumer = await scene.consume(queue);
      await scene.publish(queue, 'm');
      await clock.advance(5_000);
      expect(await broker.stats(queue)).toMatchObject({ ready: 0, deadLetters: 0 });
      (await consumer.at(0)).settlement.giveBack();
      await settled();
      expect(consumer.ids).toEqual(['m']);
      expect(await scene.deadLetters(queue)).toMatchObject([{ brokerReason: 'expired' }]);
    });

    it('forgets dead letters at the instant of theirs', async () => {
      const queue = await scene.queue({ deadLetterTtlMs: 1_000 });
      await scene.buryAll(queue, ['old']);
      await clock.advance(500);
      await scene.buryAll(queue, ['young']);
      await clock.advance(499);
      expect(await scene.deadIds(queue)).toEqual(['old', 'young']);
      await clock.advance(1);
      expect(await scene.deadIds(queue)).toEqual(['young']);
    });
  });

  describe('dead letters', () => {
    it('stay in order whatever their priority', async () => {
      const queue = await scene.queue();
      for (const priority of [1, 9, 3]) await broker.bury(message(`${priority}`, { priority }), queue);
      expect(await scene.deadIds(queue)).toEqual(['1', '9', '3']);
    });

    it('are kept when their queue is too full to take them back', async () => {
      const queue = await scene.queue({ maxLength: 1 });
      await scene.buryAll(queue, ['a', 'b', 'c']);
      const requeueAll = broker.visitDeadLetters(queue, (letter) => ({ requeue: letter.message }));
      await expect(requeueAll).rejects.toMatchObject({ code: 'WARREN_QUEUE_FULL' });
      expect(await scene.deadIds(queue)).toEqual(['b', 'c']);
      expect(await broker.stats(queue)).toMatchObject({ ready: 1 });
    });
  });

  describe('connections', () => {
    it('keep no timer when all are closed, and go on when one connects again', async () => {
      const queue = await scene.queue({ messageTtlMs: 1_000 });
      await scene.publishAll(queue, ['waiting']);
      await scene.publish(queue, 'delayed', 500);
      await settled();
      await broker.close();
      await settled();
      expect(clock.pendingTimers).toBe(0);
      await clock.advance(700);
      const next = broker.connect();
      const consumer = await scene.consume(queue, { on: next });
      await clock.advance(0);
      expect(consumer.ids.sort()).toEqual(['delayed', 'waiting']);
      for (const { settlement } of consumer.deliveries) settlement.ack();
      await next.close();
    });

    it('end the consumers of the one that closes only', async () => {
      const queue = await scene.queue();
      const other = broker.connect();
      const [closed, open] = [await scene.consume(queue, { on: other }), await scene.consume(queue)];
      await other.close();
      await scene.publishAll(queue, ['a', 'b']);
      await settled();
      expect([closed.ids, open.ids]).toEqual([[], ['a', 'b']]);
    });
  });
});
