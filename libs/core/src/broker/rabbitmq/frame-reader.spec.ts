import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { FrameReader } from './frame-reader.js';

/** What amqplib's own decoder makes of the same bytes; it is not among its exports. */
const require = createRequire(join(process.cwd(), 'package.json'));
const amqplib = dirname(require.resolve('amqplib'));
const defs = require(join(amqplib, 'lib/defs.js')) as {
  encodeMethod(id: number, channel: number, fields: object): Buffer;
  encodeProperties(id: number, channel: number, size: number, properties: object): Buffer;
} & Record<'BasicDeliver' | 'BasicProperties' | 'BasicAck', number>;
const { parseFrame, decodeFrame, makeBodyFrame } = require(join(amqplib, 'lib/frame.js')) as {
  parseFrame(bytes: Buffer, max: number): object;
  decodeFrame(frame: object): object;
  makeBodyFrame(channel: number, body: Buffer): Buffer;
};

const delivery = {
  consumerTag: 'email.1',
  deliveryTag: 2 ** 40 + 5,
  redelivered: false,
  exchange: 'shop.jobs',
  routingKey: 'email',
};

const properties = {
  contentType: 'application/json',
  deliveryMode: 2,
  correlationId: '01a1fd0f-1b12-7118-b7b4-3501b0e32bf5',
  messageId: '01a1fd0f-1b12-7118-b7b4-3501b0e32bf5',
  timestamp: 1_795_246_500,
  type: 'email:new',
  appId: 'shop',
  headers: { 'warren-v': 1, 'warren-token': '0123456789abcdef', 'warren-enqueued-at': 1_795_246_500_123 },
};

const deliver = (change: object = {}) => defs.encodeMethod(defs.BasicDeliver, 3, { ...delivery, ...change });
const header = (change: object = {}) =>
  defs.encodeProperties(defs.BasicProperties, 3, 2 ** 33, { ...properties, ...change });

function theirs(bytes: Buffer): object {
  return decodeFrame(parseFrame(bytes, 0));
}

/** With other bytes behind it, as in a socket's buffer. */
function ours(bytes: Buffer, reader = new FrameReader()): object | undefined {
  return reader.read(Buffer.concat([bytes, Buffer.from('more')]), bytes.length - 1);
}

describe('the frames of a delivery', () => {
  it.each<[string, Buffer]>([
    ['a delivery', deliver()],
    ['a delivery that comes again', deliver({ redelivered: true })],
    ['a delivery with empty names', deliver({ exchange: '', routingKey: '' })],
    ['the usual properties', header()],
    [
      'all but the rarest properties',
      header({ contentEncoding: 'gzip', priority: 200, replyTo: 'r', expiration: '5' }),
    ],
    ['few properties', defs.encodeProperties(defs.BasicProperties, 3, 0, { deliveryMode: 1 })],
    ['no headers', header({ headers: {} })],
    [
      'numbers of every size',
      header({
        headers: {
          a: -1,
          b: 127,
          c: -129,
          d: 32_767,
          e: -32_769,
          f: 2 ** 31 - 1,
          g: -(2 ** 31),
          h: 2 ** 53 - 1,
          i: -(2 ** 53) + 1,
        },
      }),
    ],
    [
      'texts beyond ASCII and long ones',
      header({ type: 'größe', messageId: '🐇', headers: { ключ: 'значение'.repeat(500) } }),
    ],
    ['booleans', header({ headers: { yes: true, no: false } })],
    ['a body', makeBodyFrame(3, Buffer.from('{"to":"ada@example.com"}'))],
  ])('are read as amqplib reads them: %s', (_name, bytes) => {
    expect(ours(bytes)).toEqual(theirs(bytes));
  });

  it.each<[string, Buffer]>([
    ['another method', defs.encodeMethod(defs.BasicAck, 3, { deliveryTag: 1, multiple: false })],
    ['no properties', defs.encodeProperties(defs.BasicProperties, 3, 0, {})],
    ['a user id', header({ userId: 'guest' })],
    ['a list in the headers', header({ headers: { 'x-death': [{ count: 1 }] } })],
    ['a table in the headers', header({ headers: { a: { b: 1 } } })],
    ['nothing in the headers', header({ headers: { a: null } })],
    ['a fraction in the headers', header({ headers: { a: 1.5 } })],
    ['a header that would change the object', header({ headers: JSON.parse('{"__proto__":"x"}') as object })],
    ['a heartbeat', Buffer.from([8, 0, 0, 0, 0, 0, 0, 0xce])],
  ])('are left to amqplib: %s', (_name, bytes) => {
    expect(ours(bytes)).toBeUndefined();
  });

  it('are left to amqplib when their lengths do not fit', () => {
    for (const bytes of [deliver(), header()]) {
      for (let at = 11; at < bytes.length - 1; at += 1) {
        const spoiled = Buffer.from(bytes);
        spoiled[at] = 0xff;
        const read = ours(spoiled);
        if (read) expect(read).toEqual(theirs(spoiled));
      }
    }
  });

  it('are not confused by texts of the same length', () => {
    const reader = new FrameReader();
    for (let index = 0; index < 5_000; index += 1) {
      const bytes = deliver({ routingKey: `queue-${index % 3_000}` });
      expect(ours(bytes, reader)).toEqual(theirs(bytes));
    }
  });
});
