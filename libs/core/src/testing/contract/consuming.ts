import assert from 'node:assert/strict';
import type { Delivery } from '../../ports/delivery.js';
import { until } from '../until.js';
import { brokerCase, type BrokerCase } from './broker-case.js';
import { coded } from './expect.js';
import { someIds } from './scene.js';

/** Who gets a message, how many at a time, and what settling does. */
export const consumingCases: readonly BrokerCase[] = [
  brokerCase('removes an acked message for good, also when the connection then ends', async (scene) => {
    const queue = await scene.queue();
    const other = await scene.connectTo(queue);
    const consumer = await scene.consume(queue, { on: other });
    await scene.publish(queue, 'once');
    assert.equal((await consumer.at(0)).settlement.ack(), 'sent');
    await other.close();
    await scene.publish(queue, 'marker');
    const second = await scene.consume(queue);
    assert.equal((await second.at(0)).message.messageId, 'marker');
  }),

  brokerCase('removes many acked messages for good when it is closed right after', async (scene) => {
    const queue = await scene.queue();
    const other = await scene.connectTo(queue);
    const ids = someIds(200);
    const consumer = await scene.consume(queue, { on: other, prefetch: ids.length });
    await scene.publishAll(queue, ids);
    const [first, ...rest] = await consumer.received(ids.length);
    await consumer.consumption.stop();
    // With the first still open, no adapter can ack them all at once.
    for (const { settlement } of rest) settlement.ack();
    await new Promise<void>((resolve) => process.nextTick(resolve));
    first!.settlement.ack();
    await other.close();
    await scene.publish(queue, 'marker');
    const second = await scene.consume(queue);
    assert.equal((await second.at(0)).message.messageId, 'marker');
  }),

  brokerCase('has at most `prefetch` unsettled messages with one consumer', async (scene) => {
    const queue = await scene.queue();
    await scene.publishAll(queue, someIds(6));
    const consumer = await scene.consume(queue, { prefetch: 2 });
    await consumer.received(2);
    await scene.untilStats(queue, { ready: 4 });
    assert.deepEqual(consumer.ids, ['m-0', 'm-1']);
    (await consumer.at(1)).settlement.ack();
    await consumer.received(3);
    await scene.untilStats(queue, { ready: 3 });
    assert.deepEqual(consumer.ids, ['m-0', 'm-1', 'm-2']);
  }),

  brokerCase('hands a message that was given back out again, as redelivered', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue);
    await scene.publish(queue, 'm');
    const first = await consumer.at(0);
    assert.equal(first.redelivered, false);
    assert.equal(first.settlement.giveBack(), 'sent');
    const second = await consumer.at(1);
    assert.equal(second.message.messageId, 'm');
    assert.equal(second.redelivered, true);
    assert.deepEqual(second.message.body, first.message.body);
  }),

  brokerCase('puts a rejected message into the dead letters, with that reason', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue);
    await scene.publish(queue, 'refused');
    assert.equal((await consumer.at(0)).settlement.reject(), 'sent');
    await scene.untilStats(queue, { ready: 0, deadLetters: 1 });
    const [letter] = await scene.deadLetters(queue);
    assert.equal(letter?.message.messageId, 'refused');
    assert.equal(letter?.brokerReason, 'rejected');
    assert.equal(consumer.deliveries.length, 1);
  }),

  brokerCase('throws WARREN_BUG when a delivery is settled twice, and goes on', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue);
    const operations = ['ack', 'giveBack', 'reject'] as const;
    for (const [index, second] of operations.entries()) {
      await scene.publish(queue, `m-${index}`);
      const { settlement } = await consumer.at(index);
      settlement.ack();
      assert.throws(() => settlement[second](), coded('WARREN_BUG'));
    }
    await scene.publish(queue, 'after');
    assert.equal((await consumer.at(operations.length)).message.messageId, 'after');
  }),

  brokerCase('takes nothing more after stop, while open deliveries can still be acked', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue);
    await scene.publishAll(queue, ['open', 'returned']);
    const [open, returned] = await consumer.received(2);
    await consumer.consumption.stop();
    await scene.publishAll(queue, ['later']);
    // A quorum queue counts a cancelled consumer until its open deliveries are settled.
    await scene.untilStats(queue, { ready: 1 });
    assert.equal(open!.settlement.ack(), 'sent');
    assert.equal(returned!.settlement.giveBack(), 'sent');
    await scene.untilStats(queue, { ready: 2 });
    const next = await scene.consume(queue);
    await next.received(2);
    assert.deepEqual([...next.ids].sort(), ['later', 'returned']);
    assert.equal(consumer.deliveries.length, 2);
  }),

  brokerCase('can be stopped twice', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue);
    assert.equal(consumer.consumption.isAttached, true);
    await consumer.consumption.stop();
    await consumer.consumption.stop();
    assert.equal(consumer.consumption.isAttached, false);
    await scene.untilStats(queue, { consumers: 0 });
  }),

  brokerCase('shares the messages of a queue among several consumers', async (scene) => {
    const queue = await scene.queue();
    const consumers = [
      await scene.consume(queue, { prefetch: 1 }),
      await scene.consume(queue, { prefetch: 1 }),
      await scene.consume(queue, { prefetch: 1, on: await scene.connectTo(queue) }),
    ];
    await scene.publishAll(queue, someIds(3));
    for (const consumer of consumers) await consumer.received(1);
    assert.deepEqual(consumers.flatMap(({ ids }) => ids).sort(), someIds(3));
  }),

  brokerCase('keeps consumers of different queues apart', async (scene) => {
    const [blue, red] = [await scene.queue(), await scene.queue()];
    const [blues, reds] = [await scene.consume(blue, { prefetch: 1 }), await scene.consume(red)];
    await scene.publishAll(blue, ['blue 1', 'blue 2']);
    await scene.publishAll(red, ['red 1', 'red 2']);
    // The first blue one is never settled: red must not wait for it.
    await reds.received(2);
    await blues.received(1);
    assert.deepEqual([reds.ids, blues.ids], [['red 1', 'red 2'], ['blue 1']]);
  }),

  brokerCase('counts what waits, the dead letters and the consumers', async (scene) => {
    const queue = await scene.queue();
    await scene.untilStats(queue, { ready: 0, deadLetters: 0, consumers: 0 });
    await scene.publishAll(queue, someIds(3));
    await scene.buryAll(queue, ['dead']);
    await scene.untilStats(queue, { ready: 3, deadLetters: 1, consumers: 0 });
    await scene.consume(queue, { prefetch: 1 });
    await scene.untilStats(queue, { ready: 2, deadLetters: 1, consumers: 1 });
    const { state, text, consumers } = scene.broker.status();
    assert.equal(state, 'connected');
    assert.ok(text.length > 0, 'status() says nothing');
    assert.deepEqual(
      consumers.filter((each) => each.queue === queue),
      [{ queue, attached: true }],
    );
  }),

  brokerCase(
    'tells of a lost consumer, redelivers to its next life, and drops settlements of the old',
    async (scene) => {
      const queue = await scene.queue();
      const consumer = await scene.consume(queue);
      await scene.publishAll(queue, someIds(3));
      const lost = [...(await consumer.received(3))];
      await scene.loseConsumers(queue);
      await until(() => consumer.losses.length === 1, 'onLost is told');
      const { incarnation, why } = consumer.losses[0]!;
      assert.equal(incarnation, lost[0]!.incarnation);
      assert.ok(why.length > 0, 'onLost gives no cause');
      assert.deepEqual(
        [lost[0]!.settlement.ack(), lost[1]!.settlement.giveBack(), lost[2]!.settlement.reject()],
        ['lost', 'lost', 'lost'],
      );
      const again = (await consumer.received(6)).slice(3);
      assert.deepEqual(consumer.ids.slice(3).sort(), someIds(3));
      assert.deepEqual(
        again.map(({ redelivered }) => redelivered),
        [true, true, true],
      );
      for (const delivery of again) {
        assert.ok(delivery.incarnation > incarnation, 'the incarnation did not change');
        assert.equal(delivery.settlement.ack(), 'sent');
      }
      await scene.publish(queue, 'after');
      assert.equal((await consumer.at(6)).message.messageId, 'after');
      assert.equal((await scene.deadLetters(queue)).length, 0);
    },
    ['loseConsumers'],
  ),

  brokerCase(
    'puts a message that comes back too often without an outcome into the dead letters as poison',
    async (scene) => {
      const deliveryLimit = 2;
      const queue = await scene.queue({ deliveryLimit });
      const consumer = await scene.consume(queue, { prefetch: 1 });
      await scene.publish(queue, 'poison');
      const counts: number[] = [];
      for (let index = 0; index <= deliveryLimit; index += 1) {
        const delivery: Delivery = await consumer.at(index);
        counts.push(delivery.deliveryCount);
        await scene.loseConsumers(queue);
      }
      await scene.untilStats(queue, { ready: 0, deadLetters: 1 });
      const [letter] = await scene.deadLetters(queue);
      assert.equal(letter?.message.messageId, 'poison');
      assert.equal(letter?.brokerReason, 'poison');
      assert.deepEqual(counts, [0, 1, 2]);
      await scene.publish(queue, 'after');
      assert.equal((await consumer.at(deliveryLimit + 1)).message.messageId, 'after');
    },
    ['loseConsumers', 'poison'],
  ),
];
