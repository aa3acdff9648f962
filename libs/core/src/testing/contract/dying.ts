import assert from 'node:assert/strict';
import type { DeadLetterDecision } from '../../ports/broker.js';
import { brokerCase, type BrokerCase } from './broker-case.js';
import { coded } from './expect.js';
import { message, someIds } from './scene.js';

/** How messages become dead letters, and what can be done with those. */
export const dyingCases: readonly BrokerCase[] = [
  brokerCase(
    'puts a message that waited longer than the ttl into the dead letters as expired',
    async (scene) => {
      const queue = await scene.queue({ messageTtlMs: 200 });
      await scene.publishAll(queue, ['first', 'second']);
      await scene.untilStats(queue, { ready: 0, deadLetters: 2 });
      const letters = await scene.deadLetters(queue);
      assert.deepEqual(
        letters.map((letter) => [letter.message.messageId, letter.brokerReason]),
        [
          ['first', 'expired'],
          ['second', 'expired'],
        ],
      );
    },
  ),

  brokerCase('keeps a buried message as it was, with no reason of its own', async (scene) => {
    const queue = await scene.queue();
    const body = Buffer.from('{"order":7}');
    const headers = { 'last error': 'the gateway is down', number: 3 };
    await scene.broker.bury({ body, messageId: 'job', type: 'payment:charge', headers }, queue);
    await scene.untilStats(queue, { ready: 0, deadLetters: 1 });
    const [letter, ...others] = await scene.deadLetters(queue);
    assert.equal(others.length, 0);
    assert.equal(letter!.message.messageId, 'job');
    assert.equal(letter!.message.type, 'payment:charge');
    assert.equal(letter!.message.headers['last error'], 'the gateway is down');
    assert.equal(letter!.message.headers['number'], 3);
    assert.deepEqual(Buffer.from(letter!.message.body), body);
    assert.equal(letter!.brokerReason, undefined);
  }),

  brokerCase('shows the dead letters of a queue oldest first, again and again', async (scene) => {
    const [queue, other] = [await scene.queue(), await scene.queue()];
    const ids = someIds(20);
    await scene.buryAll(queue, ids);
    await scene.buryAll(other, ['not here']);
    await scene.untilStats(queue, { deadLetters: ids.length });
    for (let round = 0; round < 5; round += 1) assert.deepEqual(await scene.deadIds(queue), ids);
    await scene.untilStats(queue, { deadLetters: ids.length });
  }),

  brokerCase('finds no dead letters of a queue that does not exist, and does not make it', async (scene) => {
    const nowhere = scene.freshName();
    assert.deepEqual(await scene.deadLetters(nowhere), []);
    await assert.rejects(scene.publish(nowhere, 'm'), coded('WARREN_UNROUTABLE', nowhere));
  }),

  brokerCase(
    'ends a walk through the dead letters where the visitor says, and keeps the rest',
    async (scene) => {
      const queue = await scene.queue();
      await scene.buryAll(queue, someIds(5));
      await scene.untilStats(queue, { deadLetters: 5 });
      const seen: Array<string | undefined> = [];
      await scene.broker.visitDeadLetters(queue, (letter) => {
        seen.push(letter.message.messageId);
        return seen.length === 2 ? 'stop' : 'keep';
      });
      assert.deepEqual(seen, ['m-0', 'm-1']);
      await scene.untilStats(queue, { deadLetters: 5 });
      assert.deepEqual(await scene.deadIds(queue), someIds(5));
    },
  ),

  brokerCase('discards, requeues and keeps dead letters as the visitor decides', async (scene) => {
    const queue = await scene.queue();
    await scene.buryAll(queue, someIds(6));
    await scene.untilStats(queue, { deadLetters: 6 });
    const decisions: Record<string, DeadLetterDecision> = {
      'm-0': 'keep',
      'm-1': 'discard',
      'm-2': { requeue: message('m-2', { headers: { revived: true } }) },
      'm-3': 'keep',
      'm-4': { requeue: message('m-4 with another id') },
      'm-5': 'stop',
    };
    await scene.broker.visitDeadLetters(queue, (letter) => decisions[letter.message.messageId!]!);
    await scene.untilStats(queue, { ready: 2, deadLetters: 3 });
    assert.deepEqual(await scene.deadIds(queue), ['m-0', 'm-3', 'm-5']);
    const consumer = await scene.consume(queue);
    const [revived] = await consumer.received(2);
    assert.deepEqual(consumer.ids, ['m-2', 'm-4 with another id']);
    assert.equal(revived!.message.headers['revived'], true);
    assert.equal(revived!.redelivered, false);
  }),

  brokerCase('can kill a requeued message again', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue);
    await scene.publish(queue, 'm');
    for (let round = 0; round < 3; round += 1) {
      (await consumer.at(round)).settlement.reject();
      await scene.untilStats(queue, { deadLetters: 1 });
      // With everything that arrived, as one who knows nothing of its headers would.
      await scene.broker.visitDeadLetters(queue, (letter) => ({ requeue: letter.message }));
    }
    assert.equal((await consumer.at(3)).message.messageId, 'm');
    await scene.untilStats(queue, { deadLetters: 0 });
  }),

  brokerCase('loses no dead letter when the visitor throws', async (scene) => {
    const queue = await scene.queue();
    await scene.buryAll(queue, someIds(3));
    await scene.untilStats(queue, { deadLetters: 3 });
    let visited = 0;
    const walk = scene.broker.visitDeadLetters(queue, () => {
      visited += 1;
      if (visited === 2) throw new Error('a bug of the visitor');
      return 'keep';
    });
    await assert.rejects(walk, /a bug of the visitor/);
    await scene.untilStats(queue, { deadLetters: 3 });
    assert.deepEqual(await scene.deadIds(queue), someIds(3));
  }),

  brokerCase('walks through no dead letters without asking the visitor', async (scene) => {
    const queue = await scene.queue();
    await scene.broker.visitDeadLetters(queue, () => assert.fail('there is nothing to visit'));
  }),

  brokerCase('drops the oldest dead letters above their number', async (scene) => {
    const queue = await scene.queue({ deadLetterMaxLength: 3 });
    await scene.buryAll(queue, someIds(5));
    await scene.untilStats(queue, { deadLetters: 3 });
    assert.deepEqual(await scene.deadIds(queue), ['m-2', 'm-3', 'm-4']);
  }),

  brokerCase('forgets dead letters after their ttl', async (scene) => {
    const queue = await scene.queue({ deadLetterTtlMs: 300 });
    await scene.buryAll(queue, someIds(2));
    await scene.untilStats(queue, { deadLetters: 0 });
    assert.deepEqual(await scene.deadIds(queue), []);
  }),
];
