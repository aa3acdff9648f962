import { jest } from '@jest/globals';
import type { Options } from 'amqplib';
import type { JobContext } from '../../libs/core/src/job/context.js';
import { fixed } from '../../libs/core/src/kernel/backoff.js';
import { RabbitMqApp, type TestWarren } from '../support/rabbitmq-app.js';
import { until } from '../support/until.js';

// `until` says more than the test runner, and waits longer than its five seconds.
jest.setTimeout(60_000);

const MAX_PAYLOAD_BYTES = 100_000;

interface BadMessage {
  readonly what: string;
  readonly body?: Buffer;
  readonly properties: Options.Publish;
  /** In the error of its dead letter. */
  readonly why: RegExp;
}

const JSON_BODY = Buffer.from('{"to":"a@example.com"}');
const type = 'mail:send';

const BAD: readonly BadMessage[] = [
  { what: 'a body that is no JSON', body: Buffer.from('{"to":'), properties: { type }, why: /JSON/ },
  {
    what: 'a binary body',
    body: Buffer.from([0, 255, 254, 128, 7]),
    properties: { type },
    why: /JSON|UTF-8/,
  },
  { what: 'an empty body', body: Buffer.alloc(0), properties: { type }, why: /\S/ },
  { what: 'no type', properties: {}, why: /no type/ },
  { what: 'a type that is none', properties: { type: 'no such: type!' }, why: /no job type/ },
  { what: 'an unknown content type', properties: { type, contentType: 'image/png' }, why: /image\/png/ },
  { what: 'an unknown encoding', properties: { type, contentEncoding: 'zstd' }, why: /zstd/ },
  {
    what: 'a huge body',
    body: Buffer.from(JSON.stringify('x'.repeat(MAX_PAYLOAD_BYTES))),
    properties: { type },
    why: /100002 bytes; maxPayloadBytes is 100000/,
  },
  {
    what: 'a newer wire version',
    properties: { type, headers: { 'warren-v': 2 } },
    why: /warren-v is 2.*Upgrade the workers/,
  },
  {
    what: 'a version that is no number',
    properties: { type, headers: { 'warren-v': 'one' } },
    why: /warren-v must be a whole number/,
  },
  {
    what: 'a nested table for an attempt',
    properties: { type, headers: { 'warren-attempt': { number: [1, { two: 3 }] } } },
    why: /warren-attempt must be a whole number/,
  },
  {
    what: 'bytes for a deadline',
    properties: { type, headers: { 'warren-deadline': Buffer.from([1, 2, 3]) } },
    why: /warren-deadline must be a whole number/,
  },
  {
    what: 'a negative attempt',
    properties: { type, headers: { 'warren-attempt': -5 } },
    why: /warren-attempt must be a whole number of at least 1/,
  },
  {
    what: 'a history that is no JSON',
    properties: { type, headers: { 'warren-history': '[{' } },
    why: /warren-history is no JSON/,
  },
  {
    what: 'a number for a unique key',
    properties: { type, headers: { 'warren-unique': 7 } },
    why: /warren-unique must be text/,
  },
  {
    what: 'more headers of its own than fit',
    properties: { type, headers: { big: 'x'.repeat(30_000) } },
    why: /its own headers have 3\d{4} bytes/,
  },
];

describe('a message that another program put into a queue', () => {
  const rabbit = new RabbitMqApp('bad-messages');
  const { names } = rabbit;
  let worker: TestWarren;
  const ran: JobContext[] = [];
  let isFailing: boolean;

  beforeAll(async () => {
    rabbit.owns('mail');
    worker = await rabbit.startWarren(
      [
        {
          type: '',
          options: { attempts: 2, backoff: fixed('20ms') },
          run: (_, job) => {
            ran.push(job);
            if (isFailing && job.attempt === 1) throw new Error('the first attempt fails');
          },
        },
      ],
      { maxPayloadBytes: MAX_PAYLOAD_BYTES, worker: { concurrency: 2, queues: { mail: {} } } },
    );
  });
  beforeEach(async () => {
    ran.length = 0;
    isFailing = false;
    worker.recorder.moments.length = 0;
    await worker.warren.jobs.deadLetters('mail').purge({ all: true });
  });
  afterAll(() => rabbit.dispose());

  function put(body: Buffer, properties: Options.Publish): Promise<void> {
    return rabbit.amqp(async (channel) => {
      channel.publish(names.jobsExchange, 'mail', body, properties);
    });
  }

  async function goodOneRuns(): Promise<void> {
    const { id } = await worker.warren.jobs.enqueue('mail:send', { to: 'behind' });
    await until(() => ran.some((each) => each.id === id), 'the good job behind it ran');
  }

  it.each(BAD.map((bad) => [bad.what, bad] as const))(
    'goes to the dead letters with the reason when it has %s',
    async (_, { body = JSON_BODY, properties, why }) => {
      await put(body, { messageId: 'bad', ...properties });
      await goodOneRuns();
      await rabbit.untilCount(names.deadQueue('mail'), 1);
      const [letter] = await worker.warren.jobs.deadLetters('mail').list();
      expect(letter).toMatchObject({ id: 'bad', queue: 'mail', reason: 'rejected' });
      expect(letter!.error).toMatch(why);
      expect(Buffer.from(letter!.body).equals(body)).toBe(true);
      expect(worker.recorder.all('refused')).toHaveLength(1);
      expect(ran).toHaveLength(1);
    },
  );

  it('goes to the dead letters even when its headers cannot be published again', async () => {
    await put(JSON_BODY, { messageId: 'bad', type, headers: { big: 'x'.repeat(60_000) } });
    await goodOneRuns();
    await rabbit.untilCount(names.deadQueue('mail'), 1);
    const [letter] = await worker.warren.jobs.deadLetters('mail').list();
    expect(letter).toMatchObject({ id: 'bad', reason: 'rejected' });
  });

  it('hurts nobody when many bad ones come at once, and each is refused once', async () => {
    const rounds = 3;
    await rabbit.amqp(async (channel) => {
      for (let round = 0; round < rounds; round += 1) {
        for (const { body = JSON_BODY, properties } of BAD) {
          channel.publish(names.jobsExchange, 'mail', body, properties);
          channel.publish(names.jobsExchange, 'mail', JSON_BODY, { type });
        }
      }
    });
    await until(() => ran.length === rounds * BAD.length, 'all good ones ran');
    await rabbit.untilCount(names.deadQueue('mail'), rounds * BAD.length);
    expect(worker.recorder.all('refused')).toHaveLength(rounds * BAD.length);
    expect(await rabbit.count(names.queue('mail'))).toBe(0);
  });

  it.each([
    ['only a body and a type', { type }],
    ['numbers written as text', { type, headers: { 'warren-v': '1', 'warren-attempt': '2' } }],
    [
      'tables, lists and bytes in headers of its own',
      { type, headers: { a: { b: [1, 'c'] }, d: Buffer.from('e') } },
    ],
    [
      'dates and large numbers in headers of its own',
      { type, headers: { at: 2 ** 40, ratio: 0.5, on: true } },
    ],
    ['an empty id', { type, messageId: '' }],
    ['the longest id and the highest priority', { type, messageId: 'i'.repeat(255), priority: 255 }],
  ] as ReadonlyArray<readonly [string, Options.Publish]>)(
    'is a job when it has %s',
    async (_, properties) => {
      await put(JSON_BODY, properties);
      await until(() => ran.length === 1, 'it ran');
      expect(ran[0]!.payload).toEqual({ to: 'a@example.com' });
      expect(worker.recorder.all('refused')).toEqual([]);
    },
  );

  it('is retried with whatever headers of its own it has, as they came', async () => {
    const headers = {
      table: { list: [1, 'two', { three: true }], nothing: null },
      bytes: Buffer.from([0, 255]),
      when: { '!': 'timestamp', value: 1_760_000_000 },
      price: { '!': 'decimal', value: { places: 2, digits: 1999 } },
      ratio: 0.1,
      float: { '!': 'float', value: 0.5 },
      small: { '!': 'byte', value: -3 },
      large: { '!': 'long', value: Number.MAX_SAFE_INTEGER },
      nothing: null,
    };
    isFailing = true;
    await put(JSON_BODY, { messageId: 'odd', type, headers });
    await until(() => ran.length === 2, 'it ran twice');
    expect(ran.map(({ id, attempt }) => [id, attempt])).toEqual([
      ['odd', 1],
      ['odd', 2],
    ]);
    expect(ran[1]!.headers).toEqual(ran[0]!.headers);
  });

  it('that was refused runs once it is requeued to a worker that can read it', async () => {
    const body = Buffer.from(JSON.stringify('x'.repeat(MAX_PAYLOAD_BYTES)));
    await put(body, { messageId: 'large', type });
    await rabbit.untilCount(names.deadQueue('mail'), 1);
    await worker.warren.drain();
    rabbit.owns('mail');
    const larger: string[] = [];
    const { warren } = await rabbit.startWarren(
      [{ type: 'mail:', run: (_, { id }) => void larger.push(id) }],
      {
        maxPayloadBytes: MAX_PAYLOAD_BYTES * 2,
      },
    );
    expect(await warren.jobs.deadLetters('mail').requeue('large')).toBe(1);
    await until(() => larger.length === 1, 'it ran');
    expect(larger).toEqual(['large']);
  });
});
