import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { QueueFullError } from '../../kernel/errors/index.js';
import type { Message } from '../../job/message.js';
import { until } from '../until.js';
import { brokerCase, type BrokerCase } from './broker-case.js';
import { coded } from './expect.js';
import { message, someIds } from './scene.js';

/** What goes in comes out, unchanged, or is refused with the right code. */
export const publishingCases: readonly BrokerCase[] = [
  brokerCase('keeps a message that was published before any consumer waited', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'early');
    await scene.untilStats(queue, { ready: 1, consumers: 0 });
    const taken = await (await scene.consume(queue)).at(0);
    assert.equal(taken.message.messageId, 'early');
    assert.equal(taken.queue, queue);
    assert.equal(taken.redelivered, false);
    assert.equal(taken.deliveryCount, 0);
  }),

  brokerCase('hands a message published on one connection to a consumer on another', async (scene) => {
    const queue = await scene.queue();
    const other = await scene.connectTo(queue);
    const consumer = await scene.consume(queue);
    await other.publish(message('from elsewhere'), { queue });
    assert.equal((await consumer.at(0)).message.messageId, 'from elsewhere');
  }),

  brokerCase('keeps the bytes of the body, every property and every header', async (scene) => {
    const queue = await scene.queue();
    const sent: Message = {
      body: Uint8Array.from({ length: 256 }, (_, byte) => byte),
      contentType: 'application/octet-stream',
      contentEncoding: 'gzip',
      messageId: '0199d7c2-6f3c-7a10-8a0e-2f6b1c9d4e55',
      type: 'email:new',
      appId: 'shop',
      correlationId: 'request 7',
      timestamp: 1_760_000_000_000,
      priority: 3,
      headers: {
        text: 'Grüße, 你好',
        'empty text': '',
        zero: 0,
        negative: -12,
        fraction: 0.25,
        'epoch milliseconds': 1_760_000_000_123,
        yes: true,
        no: false,
      },
    };
    await scene.broker.publish(sent, { queue });
    const { message: received } = await (await scene.consume(queue)).at(0);
    const { body, headers, ...properties } = sent;
    assert.deepEqual(Buffer.from(received.body), Buffer.from(body));
    assert.deepEqual(pick(received, properties), properties);
    assert.deepEqual(pick(received.headers, headers), headers);
  }),

  brokerCase('carries an empty body, a large one, and a message without any property', async (scene) => {
    const queue = await scene.queue();
    const large = Buffer.alloc(1_000_000, 'warren');
    await scene.broker.publish({ body: new Uint8Array(0), headers: {} }, { queue });
    await scene.broker.publish({ body: large, headers: {} }, { queue });
    const [empty, full] = await (await scene.consume(queue)).received(2);
    assert.equal(empty!.message.body.length, 0);
    assert.ok(large.equals(full!.message.body), 'the large body arrived changed');
    assert.equal(empty!.message.type, undefined);
    assert.equal(empty!.message.messageId, undefined);
  }),

  brokerCase('is not affected when the publisher changes the headers afterwards', async (scene) => {
    const queue = await scene.queue();
    const headers: Record<string, unknown> = { tenant: 'blue' };
    await scene.broker.publish(message('kept', { headers }), { queue });
    headers['tenant'] = 'red';
    const taken = await (await scene.consume(queue)).at(0);
    assert.equal(taken.message.headers['tenant'], 'blue');
  }),

  brokerCase('hands messages to one consumer in the order they were published', async (scene) => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue);
    const sent = someIds(50);
    await scene.publishAll(queue, sent);
    await consumer.received(sent.length);
    assert.deepEqual(consumer.ids, sent);
  }),

  brokerCase("hands out no message inside the publisher's stack or async context", async (scene) => {
    const context = new AsyncLocalStorage<string>();
    const queue = await scene.queue();
    const seen: Array<string | undefined> = [];
    let isPublishing = false;
    const react = (): void => void seen.push(isPublishing ? 'inside publish' : context.getStore());
    const consumer = await context.run('request of the consumer', () => scene.consume(queue, { react }));
    await context.run('request of the publisher', () => {
      isPublishing = true;
      const published = scene.publish(queue, 'm');
      isPublishing = false;
      return published;
    });
    await consumer.received(1);
    assert.deepEqual(seen, [undefined]);
  }),

  brokerCase('refuses a message for a queue that does not exist with WARREN_UNROUTABLE', async (scene) => {
    const nowhere = scene.freshName();
    await assert.rejects(scene.publish(nowhere, 'm'), coded('WARREN_UNROUTABLE', nowhere));
    await assert.rejects(scene.broker.bury(message('m'), nowhere), coded('WARREN_UNROUTABLE', nowhere));
    const queue = await scene.queue();
    await scene.publish(queue, 'fine');
    assert.equal((await (await scene.consume(queue)).at(0)).message.messageId, 'fine');
  }),

  brokerCase(
    'refuses messages above the length limit with WARREN_QUEUE_FULL until there is room',
    async (scene) => {
      const queue = await scene.queue({ maxLength: 3 });
      const accepted: string[] = [];
      const publishUntilFull = async (): Promise<void> => {
        // A quorum queue may let a few more in than its limit says.
        for (const id of someIds(50).map((each) => `${each} of round ${accepted.length}`)) {
          await scene.publish(queue, id);
          accepted.push(id);
        }
      };
      await assert.rejects(publishUntilFull(), (error: unknown) => {
        assert.ok(error instanceof QueueFullError, `expected QueueFullError, got ${String(error)}`);
        assert.deepEqual([error.queue, error.maxLength], [queue, 3]);
        return coded('WARREN_QUEUE_FULL', queue)(error);
      });
      assert.ok(accepted.length >= 3, `only ${accepted.length} were accepted at a limit of 3`);
      const consumer = await scene.consume(queue, { react: ({ settlement }) => void settlement.ack() });
      await consumer.received(accepted.length);
      await scene.untilStats(queue, { ready: 0 });
      await scene.publish(queue, 'after');
      await consumer.received(accepted.length + 1);
      assert.deepEqual(consumer.ids, [...accepted, 'after']);
    },
  ),

  brokerCase(
    'refuses messages above the limit in bytes with WARREN_QUEUE_FULL until there is room',
    async (scene) => {
      const queue = await scene.queue({ maxBytes: 35_000 });
      const accepted: string[] = [];
      const publishUntilFull = async (): Promise<void> => {
        for (const id of someIds(50)) {
          await scene.broker.publish(message(id, { body: Buffer.alloc(10_000) }), { queue });
          accepted.push(id);
        }
      };
      await assert.rejects(publishUntilFull(), (error: unknown) => {
        assert.ok(error instanceof QueueFullError, `expected QueueFullError, got ${String(error)}`);
        assert.deepEqual([error.maxLength, error.maxBytes], [undefined, 35_000]);
        return coded('WARREN_QUEUE_FULL', queue)(error);
      });
      assert.ok(accepted.length >= 3, `only ${accepted.length} were accepted where 3 fit`);
      const consumer = await scene.consume(queue, { react: ({ settlement }) => void settlement.ack() });
      await consumer.received(accepted.length);
      await scene.untilStats(queue, { ready: 0 });
      await scene.publish(queue, 'after');
      await consumer.received(accepted.length + 1);
    },
  ),

  brokerCase('takes a queue that somebody else has made as it is, where it is told to', async (scene) => {
    const queue = await scene.queue({ messageTtlMs: 60_000, maxBytes: 50_000 });
    const other = await scene.connectTo(queue, { messageTtlMs: 70_000, declare: false });
    await other.publish(message('m'), { queue });
    await other.publish(message('delayed'), { queue, delayMs: 5 });
    const consumer = await scene.consume(queue, { on: other });
    await consumer.received(2);
  }),

  brokerCase(
    'declares a queue again without effect, and refuses other arguments with both values',
    async (scene) => {
      const queue = await scene.queue({ messageTtlMs: 60_000 });
      await scene.publish(queue, 'm');
      await scene.broker.ensureQueue(scene.spec(queue, { messageTtlMs: 60_000 }));
      const other = await scene.connect();
      await assert.rejects(
        other.ensureQueue(scene.spec(queue, { messageTtlMs: 61_000 })),
        (error: unknown) => {
          coded('WARREN_TOPOLOGY_MISMATCH', queue)(error);
          assert.match((error as Error).message, /60000/);
          assert.match((error as Error).message, /61000/);
          return true;
        },
      );
      assert.equal((await (await scene.consume(queue)).at(0)).message.messageId, 'm');
    },
  ),

  brokerCase(
    'takes publishes to a queue that is being declared, and holds them until it is',
    async (scene) => {
      const queue = scene.freshName();
      const declared = scene.broker.ensureQueue(scene.spec(queue));
      const published = Promise.all(someIds(20).map((id) => scene.publish(queue, id)));
      await Promise.all([declared, published, scene.publish(queue, 'delayed', 20)]);
      await scene.untilStats(queue, { ready: 21 });
    },
  ),

  brokerCase('fails publishes to a queue whose declaration is refused', async (scene) => {
    const queue = await scene.queue({ messageTtlMs: 60_000 });
    const other = await scene.connect();
    const declared = other.ensureQueue(scene.spec(queue, { messageTtlMs: 61_000 }));
    const published = other.publish(message('m'), { queue });
    await assert.rejects(declared, coded('WARREN_TOPOLOGY_MISMATCH', queue));
    await assert.rejects(published, coded('WARREN_TOPOLOGY_MISMATCH', queue));
    assert.equal((await scene.broker.stats(queue)).ready, 0);
  }),

  brokerCase('brings 500 messages, published at once, to two consumers exactly once', async (scene) => {
    const queue = await scene.queue();
    const react = ({ settlement }: { settlement: { ack(): unknown } }): void => void settlement.ack();
    const consumers = [
      await scene.consume(queue, { prefetch: 20, react }),
      await scene.consume(queue, { prefetch: 20, react }),
    ];
    const sent = someIds(500);
    await Promise.all(sent.map((id) => scene.publish(queue, id)));
    await scene.untilStats(queue, { ready: 0 });
    await scene.publish(queue, 'last');
    const received = () => consumers.flatMap(({ ids }) => ids);
    await until(() => received().includes('last') && received().length >= 501, 'all 501 messages arrived');
    assert.deepEqual(received().sort(), [...sent, 'last'].sort());
  }),
];

function pick(from: object, names: object): Record<string, unknown> {
  const values = from as Record<string, unknown>;
  return Object.fromEntries(Object.keys(names).map((name) => [name, values[name]]));
}
