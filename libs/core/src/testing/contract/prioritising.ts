import assert from 'node:assert/strict';
import { QueueFullError } from '../../kernel/errors/index.js';
import { brokerCase, type BrokerCase } from './broker-case.js';
import type { Collector } from './collector.js';
import { message, type Scene } from './scene.js';

/** Levels 0 to 2, of which 1 is the normal one. */
const THREE = { priorities: 3 };

/** Queues with priorities: a level is a line of its own, and all have one box of dead letters. */
export const prioritisingCases: readonly BrokerCase[] = [
  brokerCase('hands out each level on its own', async (scene) => {
    const queue = await scene.queue(THREE);
    await publishAt(scene, queue, [0, 1, 2, undefined, 255]);
    const [low, normal, high] = await consumeAll(scene, queue);
    await high!.received(2);
    await normal!.received(2);
    await low!.received(1);
    // Within a level, a broker may order by what it makes of the numbers.
    const ids = [low!, normal!, high!].map((level) => [...level.ids].sort());
    assert.deepEqual(ids, [['0'], ['1', 'none'], ['2', '255']]);
    assert.deepEqual(new Set(high!.deliveries.map((delivery) => delivery.queue)), new Set([queue]));
    const prioritiesOf = (level: Collector) =>
      new Set(level.deliveries.map(({ message: { priority } }) => priority));
    assert.deepEqual(
      [low!, normal!, high!].map(prioritiesOf),
      [0, undefined, 2].map((priority) => new Set([priority])),
    );
  }),

  brokerCase('takes from the normal level where none is named', async (scene) => {
    const queue = await scene.queue(THREE);
    await publishAt(scene, queue, [2, 0, undefined]);
    const consumer = await scene.consume(queue);
    await consumer.received(1);
    await scene.untilStats(queue, { ready: 2 });
    assert.deepEqual(consumer.ids, ['none']);
  }),

  delayedCase('brings a delayed message to its level', THREE),

  delayedCase('brings a delayed message to its level of a queue with a limit, too', {
    ...THREE,
    maxLength: 5,
  }),

  brokerCase('gives a message back to its level', async (scene) => {
    const queue = await scene.queue(THREE);
    await publishAt(scene, queue, [2]);
    const high = await scene.consume(queue, { priority: 2 });
    (await high.at(0)).settlement.giveBack();
    assert.equal((await high.at(1)).message.messageId, '2');
  }),

  brokerCase('counts the levels together', async (scene) => {
    const queue = await scene.queue(THREE);
    await publishAt(scene, queue, [0, 1, 2, 2]);
    await scene.untilStats(queue, { ready: 4, consumers: 0 });
    await consumeAll(scene, queue);
    await scene.untilStats(queue, { ready: 0, consumers: 1 });
  }),

  brokerCase(
    'keeps the dead letters of all levels together, and returns each to its level',
    async (scene) => {
      const queue = await scene.queue(THREE);
      await publishAt(scene, queue, [0, 2]);
      const [low, , high] = await consumeAll(scene, queue);
      (await low!.at(0)).settlement.reject();
      (await high!.at(0)).settlement.reject();
      await scene.broker.bury(message('buried', { priority: 2 }), queue);
      await scene.untilStats(queue, { ready: 0, deadLetters: 3 });
      await scene.broker.visitDeadLetters(queue, (letter) => ({ requeue: letter.message }));
      await scene.untilStats(queue, { deadLetters: 0 });
      await low!.received(2);
      await high!.received(3);
      assert.deepEqual(low!.ids, ['0', '0']);
      assert.deepEqual(high!.ids.slice(1).sort(), ['2', 'buried']);
    },
  ),

  brokerCase('counts a limit for each level', async (scene) => {
    const queue = await scene.queue({ ...THREE, maxLength: 1 });
    await publishAt(scene, queue, [0, 1, 2]);
    await scene.untilStats(queue, { ready: 3 });
    const isFull = (error: unknown) => error instanceof QueueFullError;
    // RabbitMQ lets one in above the limit, and says so late.
    await assert.rejects(publishAt(scene, queue, [2, 2, 2]), isFull);
    assert.equal((await (await scene.consume(queue, { priority: 0 })).at(0)).message.messageId, '0');
    await publishAt(scene, queue, [0]);
  }),

  brokerCase('has one line for all in a queue without priorities', async (scene) => {
    const queue = await scene.queue();
    await publishAt(scene, queue, [0, undefined, 31]);
    const consumer = await scene.consume(queue);
    await consumer.received(3);
    assert.deepEqual([...consumer.ids].sort(), ['0', '31', 'none']);
  }),
];

function delayedCase(what: string, options: { readonly priorities: number; readonly maxLength?: number }) {
  return brokerCase(what, async (scene) => {
    const queue = await scene.queue(options);
    await publishAt(scene, queue, [0, undefined, 2], 20);
    const levels = await consumeAll(scene, queue);
    for (const level of levels) await level.received(1);
    assert.deepEqual(
      levels.map(({ ids }) => ids),
      [['0'], ['none'], ['2']],
    );
  });
}

/** One after the other; a message is called by its priority. */
async function publishAt(
  scene: Scene,
  queue: string,
  priorities: ReadonlyArray<number | undefined>,
  delayMs?: number,
): Promise<void> {
  for (const priority of priorities) {
    const named = priority === undefined ? message('none') : message(String(priority), { priority });
    await scene.broker.publish(named, { queue, ...(delayMs !== undefined && { delayMs }) });
  }
}

/** The lowest level first. */
async function consumeAll(scene: Scene, queue: string): Promise<Collector[]> {
  return [
    await scene.consume(queue, { priority: 0 }),
    await scene.consume(queue, { priority: 1 }),
    await scene.consume(queue, { priority: 2 }),
  ];
}
