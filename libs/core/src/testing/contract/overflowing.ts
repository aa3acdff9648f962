import assert from 'node:assert/strict';
import { brokerCase, type BrokerCase } from './broker-case.js';
import { message, someIds } from './scene.js';

const LIMITED = { maxLength: 3, overflow: 'drop-oldest' } as const;

/** What a queue does that drops its oldest when it is full. */
export const overflowingCases: readonly BrokerCase[] = [
  brokerCase('takes every message into a full queue that drops its oldest, as displaced', async (scene) => {
    const queue = await scene.queue(LIMITED);
    await scene.publishAll(queue, someIds(8));
    await scene.untilStats(queue, { ready: 3, deadLetters: 5 });
    const letters = await scene.deadLetters(queue);
    assert.deepEqual(
      letters.map((letter) => [letter.message.messageId, letter.brokerReason]),
      someIds(5).map((id) => [id, 'displaced']),
    );
    const consumer = await scene.consume(queue);
    await consumer.received(3);
    assert.deepEqual(consumer.ids, ['m-5', 'm-6', 'm-7']);
  }),

  brokerCase('drops the oldest of a queue that holds its bytes, as displaced', async (scene) => {
    const queue = await scene.queue({ maxBytes: 35_000, overflow: 'drop-oldest' });
    for (const id of someIds(6)) {
      await scene.broker.publish(message(id, { body: Buffer.alloc(10_000) }), { queue });
    }
    await scene.untilStats(queue, { ready: 3, deadLetters: 3 });
    const letters = await scene.deadLetters(queue);
    assert.deepEqual(
      letters.map((letter) => [letter.message.messageId, letter.brokerReason]),
      someIds(3).map((id) => [id, 'displaced']),
    );
  }),

  brokerCase('counts towards the length what waits, not what is handed out', async (scene) => {
    const queue = await scene.queue(LIMITED);
    const consumer = await scene.consume(queue, { prefetch: 5 });
    await scene.publishAll(queue, someIds(5));
    await consumer.received(5);
    await scene.publishAll(queue, ['a', 'b', 'c']);
    await scene.untilStats(queue, { ready: 3, deadLetters: 0 });
    await scene.publish(queue, 'd');
    await scene.untilStats(queue, { ready: 3, deadLetters: 1 });
    assert.deepEqual(await scene.deadIds(queue), ['a']);
  }),

  brokerCase('drops the oldest for a delayed message that comes due, too', async (scene) => {
    const queue = await scene.queue(LIMITED);
    await scene.publishAll(queue, ['a', 'b', 'c']);
    await scene.publish(queue, 'due', 20);
    await scene.untilStats(queue, { ready: 3, deadLetters: 1 });
    assert.deepEqual(await scene.deadIds(queue), ['a']);
    const consumer = await scene.consume(queue);
    await consumer.received(3);
    assert.deepEqual(consumer.ids, ['b', 'c', 'due']);
  }),

  brokerCase('drops as oldest what is given back to a full queue', async (scene) => {
    const queue = await scene.queue(LIMITED);
    const consumer = await scene.consume(queue, { prefetch: 2 });
    await scene.publishAll(queue, ['a', 'b']);
    await consumer.received(2);
    await consumer.consumption.stop();
    await scene.publishAll(queue, someIds(3));
    for (const { settlement } of consumer.deliveries) settlement.giveBack();
    await scene.untilStats(queue, { ready: 3, deadLetters: 2 });
    assert.deepEqual(new Set(await scene.deadIds(queue)), new Set(['a', 'b']));
  }),

  brokerCase('walks once through dead letters that displace each other, and loses none', async (scene) => {
    const queue = await scene.queue(LIMITED);
    await scene.buryAll(queue, someIds(9));
    await scene.untilStats(queue, { deadLetters: 9 });
    let visited = 0;
    await scene.broker.visitDeadLetters(queue, (letter) => {
      visited += 1;
      return { requeue: message(letter.message.messageId!) };
    });
    assert.equal(visited, 9);
    await scene.untilStats(queue, { ready: 3, deadLetters: 6 });
    const consumer = await scene.consume(queue);
    await consumer.received(3);
    assert.deepEqual([...consumer.ids, ...(await scene.deadIds(queue))].sort(), someIds(9));
  }),
];
