import assert from 'node:assert/strict';
import { systemClock } from '../../kernel/clock.js';
import { brokerCase, type BrokerCase } from './broker-case.js';
import { someIds } from './scene.js';

/** Delays: never early, in order, none in another's way. */
export const delayingCases: readonly BrokerCase[] = [
  brokerCase('never hands out a delayed message early', async (scene) => {
    const queue = await scene.queue();
    const arrivals = new Map<string | undefined, number>();
    const consumer = await scene.consume(queue, {
      react: ({ message: { messageId } }) => arrivals.set(messageId, systemClock.now()),
    });
    const delaysMs = [0, 1, 2, 3, 5, 8, 50, 130, 255, 256];
    const publishedAt = new Map<number, number>();
    await Promise.all(
      delaysMs.map((delayMs) => {
        publishedAt.set(delayMs, systemClock.now());
        return scene.publish(queue, `${delayMs} ms`, delayMs);
      }),
    );
    await consumer.received(delaysMs.length);
    for (const delayMs of delaysMs) {
      const waitedMs = arrivals.get(`${delayMs} ms`)! - publishedAt.get(delayMs)!;
      assert.ok(waitedMs >= delayMs, `the message with delay ${delayMs} ms came after ${waitedMs} ms`);
    }
  }),

  brokerCase('hands out delayed messages in the order they are due', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue);
    const delaysMs = [1_500, 1_000, 0, 500];
    await Promise.all(delaysMs.map((delayMs) => scene.publish(queue, `${delayMs} ms`, delayMs)));
    await consumer.received(delaysMs.length);
    assert.deepEqual(consumer.ids, ['0 ms', '500 ms', '1000 ms', '1500 ms']);
  }),

  brokerCase('lets a short delay pass a long one that was published before', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue);
    await scene.publish(queue, 'long', 600_000);
    await scene.publish(queue, 'short', 100);
    assert.equal((await consumer.at(0)).message.messageId, 'short');
    await scene.untilStats(queue, { ready: 0 });
    assert.deepEqual(consumer.ids, ['short']);
  }),

  brokerCase('brings each of many delayed messages exactly once', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue, { react: ({ settlement }) => void settlement.ack() });
    const sent = someIds(200);
    await Promise.all(sent.map((id, index) => scene.publish(queue, id, (index * 7) % 300)));
    await consumer.received(sent.length);
    await scene.publish(queue, 'last', 400);
    await consumer.received(sent.length + 1);
    assert.deepEqual([...consumer.ids].sort(), [...sent, 'last'].sort());
  }),

  brokerCase('keeps a delayed message as it was published', async (scene) => {
    const queue = await scene.queue();
    const headers = { tenant: 'blue', number: 7 };
    const body = Buffer.from('{"to":"a@example.com"}');
    await scene.broker.publish({ body, type: 'email:new', headers }, { queue, delayMs: 21 });
    const taken = await (await scene.consume(queue)).at(0);
    assert.equal(taken.message.type, 'email:new');
    assert.deepEqual(Buffer.from(taken.message.body), body);
    assert.equal(taken.message.headers['tenant'], 'blue');
    assert.equal(taken.message.headers['number'], 7);
    assert.equal(taken.redelivered, false);
    assert.equal(taken.deliveryCount, 0);
  }),

  brokerCase('can delay the same message again and again', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue);
    await scene.publish(queue, 'again', 20);
    for (let round = 0; round < 4; round += 1) {
      const { message: received, settlement } = await consumer.at(round);
      assert.equal(received.messageId, 'again');
      // As a retry does: with everything that arrived.
      await scene.broker.publish(received, { queue, delayMs: 20 });
      settlement.ack();
    }
    await consumer.received(5);
  }),
];
