import { jest } from '@jest/globals';
import type { Channel, Options } from 'amqplib';
import { gzipSync } from 'node:zlib';
import { RabbitMqApp, type TestWarren } from '../support/rabbitmq-app.js';
import { until } from '../support/until.js';

// `until` says more than the test runner; bodies of 50 MB take their time.
jest.setTimeout(120_000);

const MB = 1_000_000;
const type = 'mail:send';

/** How far the process may grow over a thousand hostile messages: far less than they would need if they were kept. */
const MOST_GROWTH_BYTES = 150 * MB;

const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('a message that is made to hurt', () => {
  const rabbit = new RabbitMqApp('hostile');
  const { names } = rabbit;
  let worker: TestWarren;
  const ran: string[] = [];

  beforeAll(async () => {
    rabbit.owns('mail');
    worker = await rabbit.startWarren(
      [{ type: '', options: { attempts: 1 }, run: (_, { id }) => void ran.push(id) }],
      { worker: { concurrency: 5, queues: { mail: {} } } },
    );
  });
  beforeEach(async () => {
    ran.length = 0;
    worker.recorder.moments.length = 0;
    await worker.warren.jobs.deadLetters('mail').purge({ all: true });
  });
  afterAll(() => rabbit.dispose());

  function put(body: Buffer, properties: Options.Publish): Promise<void> {
    return rabbit.amqp(async (channel) => {
      channel.publish(names.jobsExchange, 'mail', body, { messageId: 'bad', ...properties });
    });
  }

  async function goodOneRuns(): Promise<void> {
    const { id } = await worker.warren.jobs.enqueue(type, { to: 'behind' });
    await until(() => ran.includes(id), 'the good job behind it ran');
  }

  async function majorVersion(): Promise<number> {
    return rabbit.amqp(async (channel) => {
      const { serverProperties } = channel.connection as unknown as {
        readonly serverProperties: { readonly version: string };
      };
      return Number.parseInt(serverProperties.version, 10);
    });
  }

  it('goes to the dead letters when it has as many bytes as the broker takes', async () => {
    // 4.x takes 16 MiB unless it is told otherwise, 3.x 128 MiB.
    const megabytes = (await majorVersion()) >= 4 ? 15 : 50;
    const body = Buffer.alloc(megabytes * MB, 'x');
    await put(body, { type });
    await goodOneRuns();
    await rabbit.untilCount(names.deadQueue('mail'), 1);
    const [letter] = await worker.warren.jobs.deadLetters('mail').list();
    expect(letter).toMatchObject({ id: 'bad', type, reason: 'rejected' });
    expect(letter!.error).toMatch(/the body has \d+ bytes; maxPayloadBytes is 5000000/);
    expect(letter!.body.byteLength).toBe(body.byteLength);
    expect(worker.recorder.all('refused')).toHaveLength(1);
    expect(rabbit.written(/lost|closed/i)).toEqual([]);
  });

  it.each([
    [
      'a packed body',
      gzipSync(Buffer.from('{"to":"a"}')),
      { type, contentEncoding: 'gzip' },
      /content encoding is "gzip"/,
    ],
    [
      'a bomb for a body',
      gzipSync(Buffer.alloc(200 * MB)),
      { type, contentEncoding: 'gzip' },
      /content encoding is "gzip"/,
    ],
    [
      'a bomb that is not called one',
      gzipSync(Buffer.alloc(200 * MB)),
      { type, contentType: 'application/json' },
      /not UTF-8/,
    ],
    ['lists 100,000 deep', Buffer.from(lists(100_000)), { type }, /nested too deeply/],
    ['a type longer than any', Buffer.from('1'), { type: 'a'.repeat(255) }, /no job type: "a{79}$/],
    ['a type of nothing but colons', Buffer.from('1'), { type: ':'.repeat(255) }, /no job type/],
    [
      'a history that fits in no message beside others',
      Buffer.from('1'),
      { type, headers: { 'warren-history': lists(30_000) } },
      /warren-history has 60000 bytes; at most/,
    ],
    [
      'thousands of headers of its own',
      Buffer.from('1'),
      { type, headers: Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [`h${index}`, 1])) },
      /own headers have \d{5} bytes/,
    ],
    [
      'tables within tables',
      Buffer.from('1'),
      { type, headers: { deep: nested(100) } },
      /nested more than 32 deep/,
    ],
    [
      'a deadline after the end of time',
      Buffer.from('1'),
      { type, headers: { 'warren-deadline': Number.MAX_SAFE_INTEGER } },
      /warren-deadline must be a whole number of at most 8640000000000000/,
    ],
  ] as ReadonlyArray<readonly [string, Buffer, Options.Publish, RegExp]>)(
    'goes to the dead letters with the reason when it has %s',
    async (_, body, properties, why) => {
      await put(body, properties);
      await goodOneRuns();
      await rabbit.untilCount(names.deadQueue('mail'), 1);
      const [letter] = await worker.warren.jobs.deadLetters('mail').list();
      expect(letter).toMatchObject({ id: 'bad', reason: 'rejected' });
      expect(letter!.error).toMatch(why);
      expect(letter!.error.length).toBeLessThanOrEqual(1_000);
      expect(Buffer.from(letter!.body).equals(body)).toBe(true);
    },
  );

  it('goes to the dead letters when its headers are nested deeper than any stack', async () => {
    await rabbit.amqp(async (channel) => {
      writeBytesAsLists(channel, 'deep');
      const headers = { deep: listBytes(12_000) };
      channel.publish(names.jobsExchange, 'mail', Buffer.from('1'), { messageId: 'bad', type, headers });
    });
    await goodOneRuns();
    await rabbit.untilCount(names.deadQueue('mail'), 1);
    const [letter] = await worker.warren.jobs.deadLetters('mail').list();
    expect(letter).toMatchObject({ id: 'bad', type, reason: 'rejected' });
    expect(letter!.error).toMatch(/nested more than 32 deep/);
    expect(rabbit.written(/lost|closed/i)).toEqual([]);
  });

  it.each([
    ['sent in the far past', { timestamp: 0 }],
    ['sent in the far future', { timestamp: 253_402_300_799 }],
    ['sent at no time at all', { timestamp: 2 ** 62 }],
    ['with headers named as what objects have', { headers: trapHeaders() }],
  ] as ReadonlyArray<readonly [string, Options.Publish]>)(
    'runs when it is a job %s',
    async (_, properties) => {
      await put(Buffer.from('{"__proto__":{"polluted":1}}'), { type, ...properties });
      await until(() => ran.includes('bad'), 'it ran');
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      expect(worker.recorder.all('refused')).toEqual([]);
    },
  );

  it('hurts no other in a thousand of its kind: the good ones between them run', async () => {
    const kinds: ReadonlyArray<readonly [Buffer, Options.Publish]> = [
      [Buffer.alloc(100_000, '['), { type }],
      [gzipSync(Buffer.alloc(10 * MB)), { type, contentEncoding: 'gzip' }],
      [Buffer.from('1'), { type: 'a'.repeat(255) }],
      [Buffer.from('1'), { type, headers: { 'warren-history': lists(20_000) } }],
      [Buffer.from('1'), { type, headers: { deep: nested(100) } }],
      [Buffer.from('{"to":'), { type }],
      [Buffer.from('1'), {}],
      [Buffer.from('1'), { type, headers: { 'warren-attempt': -1 } }],
    ];
    const usedBefore = memoryUsed();
    await rabbit.amqp(async (channel) => {
      for (let index = 0; index < 1_000; index += 1) {
        const [body, properties] = kinds[index % kinds.length]!;
        channel.publish(names.jobsExchange, 'mail', body, { messageId: `bad-${index}`, ...properties });
        if (index % 100 === 50) {
          channel.publish(names.jobsExchange, 'mail', Buffer.from('{}'), {
            type,
            messageId: `good-${index}`,
          });
        }
        if (index % 50 === 0) await channel.checkExchange(names.jobsExchange);
      }
    });
    await until(() => worker.recorder.all('refused').length === 1_000, 'all bad ones were refused', 60_000);
    await until(() => ran.length === 10, 'the good ones ran');
    await rabbit.untilCount(names.deadQueue('mail'), 1_000);
    expect(await rabbit.count(names.queue('mail'))).toBe(0);
    expect(ran.filter((id) => id.startsWith('good-'))).toHaveLength(10);
    expect(rabbit.written(/WARREN_BUG|lost/)).toEqual([]);
    expect(memoryUsed() - usedBefore).toBeLessThan(MOST_GROWTH_BYTES);
  });
});

/** Bytes; after a collection where the process may ask for one. */
function memoryUsed(): number {
  (globalThis as { readonly gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function nested(depth: number): unknown {
  let value: unknown = 'x';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { value };
  return value;
}

/** Lists within lists as AMQP writes them: for each, its kind and the bytes in it. */
function listBytes(depth: number): Buffer {
  const bytes = Buffer.alloc(depth * 5);
  for (let at = 0; at < bytes.length; at += 5) {
    bytes.write('A', at);
    bytes.writeUInt32BE(bytes.length - at - 5, at + 1);
  }
  return bytes;
}

/** amqplib itself cannot write them: it writes bytes, whose kind is changed on their way to the socket. */
function writeBytesAsLists(channel: Channel, header: string): void {
  const { stream } = channel.connection as unknown as { readonly stream: { write(chunk: Buffer): boolean } };
  const write = stream.write.bind(stream);
  stream.write = (chunk) => {
    const at = chunk.indexOf(`${header}x`);
    if (at >= 0) chunk.write('A', at + header.length);
    return write(chunk);
  };
}

function trapHeaders(): Record<string, unknown> {
  return JSON.parse(
    '{"__proto__":{"polluted":1,"warren-attempt":-1},"constructor":{"prototype":{"polluted":1}},"toString":"t"}',
  ) as Record<string, unknown>;
}
