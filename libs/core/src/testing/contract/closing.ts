import assert from 'node:assert/strict';
import { brokerCase, type BrokerCase } from './broker-case.js';
import { coded } from './expect.js';
import { message, someIds } from './scene.js';

/** What is left when a broker closes. */
export const closingCases: readonly BrokerCase[] = [
  brokerCase('can be closed twice, and says that it is closed', async (scene) => {
    const broker = await scene.connect();
    await broker.close();
    await broker.close();
    assert.equal(broker.status().state, 'closed');
  }),

  brokerCase('refuses to publish and to bury after close with WARREN_CLOSED', async (scene) => {
    const queue = await scene.queue();
    const broker = await scene.connectTo(queue);
    await broker.close();
    await assert.rejects(broker.publish(message('m'), { queue }), coded('WARREN_CLOSED'));
    await assert.rejects(broker.publish(message('m'), { queue, delayMs: 10 }), coded('WARREN_CLOSED'));
    await assert.rejects(broker.bury(message('m'), queue), coded('WARREN_CLOSED'));
    await scene.untilStats(queue, { ready: 0, deadLetters: 0 });
  }),

  brokerCase('gives unsettled messages back at close, and drops what settles them later', async (scene) => {
    const queue = await scene.queue();
    const broker = await scene.connectTo(queue);
    const consumer = await scene.consume(queue, { on: broker, prefetch: 3 });
    await scene.publishAll(queue, someIds(5));
    const [open] = await consumer.received(3);
    await broker.close();
    assert.equal(open!.settlement.ack(), 'lost');
    await scene.untilStats(queue, { ready: 5, consumers: 0 });
    assert.deepEqual(consumer.losses, []);
    const second = await scene.consume(queue);
    await second.received(5);
    assert.deepEqual([...second.ids].sort(), someIds(5));
    const returned = second.deliveries.filter(({ redelivered }) => redelivered);
    assert.deepEqual(returned.map((delivery) => delivery.message.messageId).sort(), someIds(3));
  }),

  brokerCase('waits at close for publishes on their way', async (scene) => {
    const queue = await scene.queue();
    const broker = await scene.connectTo(queue);
    const published = Promise.all(someIds(20).map((id) => broker.publish(message(id), { queue })));
    await broker.close();
    await published;
    await scene.untilStats(queue, { ready: 20 });
  }),

  brokerCase(
    'leaves queues, dead letters and delayed messages in place when a broker closes',
    async (scene) => {
      const queue = await scene.queue();
      const broker = await scene.connect();
      await broker.ensureQueue(scene.spec(queue));
      await broker.publish(message('waiting'), { queue });
      await broker.publish(message('delayed'), { queue, delayMs: 50 });
      await broker.bury(message('dead'), queue);
      await broker.close();
      const consumer = await scene.consume(queue);
      await consumer.received(2);
      assert.deepEqual(consumer.ids, ['waiting', 'delayed']);
      assert.deepEqual(await scene.deadIds(queue), ['dead']);
    },
  ),
];
