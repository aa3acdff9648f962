import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Message } from '../../job/message.js';
import { NOT_WRITTEN, roomFor, writeAck, writeNack, writePublish } from './frames.js';
import { toPublishOptions } from './properties.js';

/** The same bytes as amqplib's own encoder makes, which is not among its exports. */
const require = createRequire(join(process.cwd(), 'package.json'));
const amqplib = dirname(require.resolve('amqplib'));
const { encodeMethod, encodeProperties, BasicPublish, BasicProperties, BasicAck, BasicNack } = require(
  join(amqplib, 'lib/defs.js'),
) as Record<string, unknown> & {
  encodeMethod(id: unknown, channel: number, fields: object): Buffer;
  encodeProperties(id: unknown, channel: number, size: number, properties: object): Buffer;
};
const { makeBodyFrame } = require(join(amqplib, 'lib/frame.js')) as {
  makeBodyFrame(channel: number, body: Buffer): Buffer;
};

const target = { channel: 7, exchange: 'shop.jobs', routingKey: 'email' };

const message: Message = {
  body: Buffer.from('{"to":"ada@example.com"}'),
  contentType: 'application/json',
  messageId: '01a1fd0f-1b12-7118-b7b4-3501b0e32bf5',
  type: 'email:new',
  appId: 'shop',
  correlationId: '01a1fd0f-1b12-7118-b7b4-3501b0e32bf5',
  timestamp: 1_795_246_500_123,
  headers: { 'warren-v': 1, 'warren-token': '0123456789abcdef' },
};

function ours(what: Message): Buffer | undefined {
  const buffer = Buffer.alloc(roomFor(what) + 100_000);
  const end = writePublish(buffer, 10, target, what);
  return end === NOT_WRITTEN ? undefined : buffer.subarray(10, end);
}

function theirs(what: Message): Buffer {
  const { exchange, routingKey, channel } = target;
  const fields = { exchange, routingKey, mandatory: true, immediate: false, ticket: 0 };
  const properties = { ...toPublishOptions(what), deliveryMode: 2 };
  const body = Buffer.from(what.body);
  return Buffer.concat([
    encodeMethod(BasicPublish, channel, fields),
    encodeProperties(BasicProperties, channel, body.length, properties),
    ...(body.length > 0 ? [makeBodyFrame(channel, body)] : []),
  ]);
}

describe('the frames of a publish', () => {
  it.each<[string, Partial<Message>]>([
    ['usual', {}],
    ['empty body', { body: Buffer.alloc(0) }],
    ['all properties', { contentEncoding: 'identity', priority: 9 }],
    ['few properties', { messageId: undefined, type: undefined, appId: undefined, correlationId: undefined }],
    ['a header that is left out', { headers: { a: undefined, b: 1 } }],
    ['no headers', { headers: {} }],
    [
      'whole numbers of every size',
      {
        headers: Object.fromEntries(
          [
            0,
            -0,
            127,
            128,
            -128,
            -129,
            32_767,
            32_768,
            -32_769,
            2 ** 31 - 1,
            2 ** 31,
            -(2 ** 31) - 1,
            2 ** 53 - 1,
            -(2 ** 53) + 1,
          ].map((value, index) => [`n${index}`, value]),
        ),
      },
    ],
    ['fractions', { headers: { pi: 3.141592653589793, small: -1e-300 } }],
    ['booleans', { headers: { yes: true, no: false } }],
    ['text beyond ASCII', { type: 'größe', headers: { ключ: 'значение', emoji: '🐇'.repeat(40) } }],
    ['long text', { headers: { long: 'x'.repeat(20_000) } }],
    ['what the broker added', { headers: { 'x-death': [{ count: 1 }], 'x-delivery-count': 3, 'x-mine': 1 } }],
  ])('are those that amqplib makes: %s', (_name, change) => {
    const what = { ...message, ...change };
    expect(ours(what)).toEqual(theirs(what));
  });

  it.each<[string, Partial<Message>]>([
    ['a list', { headers: { list: [1] } }],
    ['nothing', { headers: { nothing: null } }],
    ['a number that is none', { headers: { nan: NaN } }],
    ['a whole number that may be inexact', { headers: { large: 2 ** 60 } }],
    ['a type of more than 255 bytes', { type: 'x'.repeat(256) }],
    ['an id of more than 255 bytes', { messageId: '🐇'.repeat(64) }],
  ])('are left to amqplib: %s', (_name, change) => {
    expect(ours({ ...message, ...change })).toBeUndefined();
  });

  it('are never written in part', () => {
    const what = { ...message, headers: { emoji: '🐇', long: 'é'.repeat(500) } };
    const whole = theirs(what).length;
    for (let room = 0; room < whole; room += 1) {
      expect(writePublish(Buffer.alloc(room), 0, target, what)).toBe(NOT_WRITTEN);
    }
  });
});

describe('the frames that settle a delivery', () => {
  it.each([1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1])('are those that amqplib makes: tag %d', (deliveryTag) => {
    const buffer = Buffer.alloc(100);
    expect(buffer.subarray(3, writeAck(buffer, 3, 5, deliveryTag, false))).toEqual(
      encodeMethod(BasicAck, 5, { deliveryTag, multiple: false }),
    );
    for (const requeue of [true, false]) {
      expect(buffer.subarray(3, writeNack(buffer, 3, 5, deliveryTag, requeue))).toEqual(
        encodeMethod(BasicNack, 5, { deliveryTag, multiple: false, requeue }),
      );
    }
  });
});
