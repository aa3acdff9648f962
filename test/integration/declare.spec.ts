import { jest } from '@jest/globals';
import { connect } from 'amqplib';
import type { RabbitMqBroker } from '../../libs/core/src/broker/rabbitmq/rabbitmq-broker.js';
import {
  deadQueueArguments,
  jobQueueArguments,
} from '../../libs/core/src/broker/rabbitmq/topology/queues.js';
import type { QueueSpec } from '../../libs/core/src/ports/broker.js';
import { message } from '../../libs/core/src/testing/contract/scene.js';
import { RabbitMqApp, acked, collect } from '../support/rabbitmq-app.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

// `until` says more than the test runner, and waits longer than its five seconds.
jest.setTimeout(60_000);

describe('declaring', () => {
  const rabbit = new RabbitMqApp('declare');
  const { names } = rabbit;
  let broker: RabbitMqBroker;

  beforeAll(async () => {
    broker = await rabbit.connect();
  });
  afterAll(() => rabbit.dispose());

  /** As another version of the application, or another program, has made it. */
  function makeQueue(spec: QueueSpec, changed: Record<string, unknown> = {}): Promise<void> {
    return rabbit.amqp(async (channel) => {
      const queueArguments = { ...jobQueueArguments(spec, names), ...changed };
      await channel.assertQueue(names.queue(spec.name), { durable: true, arguments: queueArguments });
    });
  }

  describe.each([
    ['x-message-ttl', {}, { 'x-message-ttl': 61_000 }, '3600000', '61000'],
    ['x-delivery-limit', { deliveryLimit: 5 }, { 'x-delivery-limit': 7 }, '5', '7'],
    ['x-max-length', { maxLength: 10 }, { 'x-max-length': 20 }, '10', '20'],
    ['x-max-length', { maxLength: 10 }, { 'x-max-length': undefined }, '10', 'none'],
    ['x-max-length', {}, { 'x-max-length': 20 }, 'none', '20'],
    ['x-dead-letter-exchange', {}, { 'x-dead-letter-exchange': 'else' }, names.deadExchange, 'else'],
  ] as const)('a queue whose %s differs', (argument, wantedSpec, existing, wanted, current) => {
    it(`is refused: wanted is ${wanted === names.deadExchange ? 'its exchange' : wanted}, existing is ${current}`, async () => {
      const spec = rabbit.spec(`differs-${argument}-${wanted}-${current}`, wantedSpec);
      await makeQueue(spec, existing);
      const failure = await broker.ensureQueue(spec).then(
        () => undefined,
        (error: Error) => error,
      );
      expect(failure).toMatchObject({
        code: 'WARREN_TOPOLOGY_MISMATCH',
        details: { kind: 'queue', name: names.queue(spec.name), argument, wanted, existing: current },
      });
      expect(failure!.message).toBe(
        `The queue '${names.queue(spec.name)}' exists with another ${argument}: wanted is ${wanted}, existing is ${current}. ` +
          'Set the option to the existing value; or let the queue run empty and delete it, so that it is declared anew; or use another queue name.',
      );
    });
  });

  it.each([
    ['quorum', 'classic'],
    ['classic', 'quorum'],
  ] as const)('refuses a queue wanted as %s that is %s', async (wanted, existing) => {
    const spec = rabbit.spec(`type-${wanted}`, { type: wanted });
    await makeQueue({ ...spec, type: existing });
    await expect(broker.ensureQueue(spec)).rejects.toMatchObject({
      code: 'WARREN_TOPOLOGY_MISMATCH',
      details: { argument: 'x-queue-type', wanted, existing },
    });
  });

  it('names the dead-letter queue when that one differs', async () => {
    const spec = rabbit.spec('differing-dead');
    await rabbit.amqp((channel) =>
      channel.assertQueue(names.deadQueue(spec.name), {
        durable: true,
        arguments: { ...deadQueueArguments(spec), 'x-max-length': 5 },
      }),
    );
    await expect(broker.ensureQueue(spec)).rejects.toMatchObject({
      code: 'WARREN_TOPOLOGY_MISMATCH',
      details: { name: names.deadQueue(spec.name), argument: 'x-max-length', wanted: '1000', existing: '5' },
    });
  });

  it('refuses one queue and serves the others, and takes the refused one when it is mended', async () => {
    const [bad, good] = [rabbit.spec('bad'), rabbit.spec('good')];
    await makeQueue(bad, { 'x-message-ttl': 5_000 });
    await expect(broker.ensureQueue(bad)).rejects.toMatchObject({ code: 'WARREN_TOPOLOGY_MISMATCH' });
    await broker.ensureQueue(good);
    await broker.publish(message('m'), { queue: 'good' });
    await rabbit.amqp((channel) => channel.deleteQueue(names.queue('bad')));
    await broker.ensureQueue(bad);
    await broker.publish(message('m'), { queue: 'bad' });
    expect(await broker.stats('bad')).toMatchObject({ ready: 1 });
  });

  it('tells publishers of a queue that was made anew with other arguments while the connection was lost', async () => {
    const proxy = await TcpProxy.start(rabbit.url);
    try {
      const other = await rabbit.connect({ urls: [proxy.url] });
      const [changed, same] = [rabbit.spec('changed'), rabbit.spec('same')];
      await other.ensureQueue(changed);
      await other.ensureQueue(same);
      await proxy.refuse();
      await rabbit.amqp((channel) => channel.deleteQueue(names.queue('changed')));
      await makeQueue(changed, { 'x-message-ttl': 5_000 });
      await proxy.open();
      await other.publish(message('m'), { queue: 'same' });
      await expect(other.publish(message('m'), { queue: 'changed' })).rejects.toMatchObject({
        code: 'WARREN_TOPOLOGY_MISMATCH',
      });
      expect(
        rabbit.written(/^error: The queue '.*q\.changed' exists with another x-message-ttl/),
      ).toHaveLength(1);
      await rabbit.amqp((channel) => channel.deleteQueue(names.queue('changed')));
      await other.ensureQueue(changed);
      await other.publish(message('m'), { queue: 'changed' });
    } finally {
      await proxy.refuse();
    }
  });

  it('does not boot over an exchange of another kind, and says which', async () => {
    const other = new RabbitMqApp('declare-exchange');
    try {
      await other.amqp((channel) => channel.assertExchange(other.names.jobsExchange, 'fanout'));
      await expect(other.broker().start()).rejects.toMatchObject({
        code: 'WARREN_TOPOLOGY_MISMATCH',
        message: expect.stringMatching(
          /exchange '.*\.jobs' exists with another type: wanted is direct, existing is fanout\. Delete the exchange/,
        ) as string,
      });
    } finally {
      await other.dispose();
    }
  });

  it('says what the user may not do when names are not permitted', async () => {
    // Nobody may declare what begins so.
    const reserved = new RabbitMqApp('reserved', 'amq.warren-test');
    const reservedBroker = reserved.broker();
    await expect(reservedBroker.start()).rejects.toMatchObject({
      code: 'WARREN_ACCESS_REFUSED',
      message: expect.stringMatching(
        /^Exchanges and delay levels: .*amq\.warren-test.*configure, write and read permission/,
      ) as string,
    });
  });
});

describe('with `declare: false`', () => {
  const rabbit = new RabbitMqApp('declare-not');
  const { names } = rabbit;

  afterAll(() => rabbit.dispose());

  it('does not boot without the exchanges, and makes none', async () => {
    const broker = rabbit.broker({ declare: false });
    await expect(broker.start()).rejects.toMatchObject({
      code: 'WARREN_TOPOLOGY_MISMATCH',
      message: expect.stringMatching(/is missing at the broker.*'declare-not-|NOT_FOUND/) as string,
    });
    const probe = await connect(rabbit.url);
    const channel = await probe.createChannel();
    channel.on('error', () => undefined);
    await expect(channel.checkExchange(names.jobsExchange)).rejects.toMatchObject({ code: 404 });
    await probe.close();
  });

  it('uses what somebody else declared, and names what is missing', async () => {
    const maker = await rabbit.connect();
    await maker.ensureQueue(rabbit.spec('made'));
    const broker = await rabbit.connect({ declare: false });
    await broker.ensureQueue(rabbit.spec('made'));
    const consumer = await collect(broker, 'made', acked);
    await broker.publish(message('now'), { queue: 'made' });
    await broker.publish(message('later'), { queue: 'made', delayMs: 20 });
    await consumer.received(2);
    await expect(broker.ensureQueue(rabbit.spec('unmade'))).rejects.toMatchObject({
      code: 'WARREN_TOPOLOGY_MISMATCH',
      message: expect.stringMatching(/Queue 'unmade': it is missing.*must be made beforehand/) as string,
    });
  });

  it('does not boot when a delay level is missing', async () => {
    await rabbit.amqp((channel) => channel.deleteExchange(names.delayLevel(9)));
    await expect(rabbit.broker({ declare: false }).start()).rejects.toMatchObject({
      code: 'WARREN_TOPOLOGY_MISMATCH',
      message: expect.stringContaining(names.delayLevel(9)) as string,
    });
    await rabbit.connect();
    await rabbit.connect({ declare: false });
  });
});

describe('a queue with `declare: false`', () => {
  const rabbit = new RabbitMqApp('declare-one');
  const { names } = rabbit;
  const handler = { type: 'theirs:job', run: () => undefined };
  const options = { queues: { theirs: { declare: false } } };

  beforeAll(() => rabbit.owns('theirs', 'ours'));
  afterAll(() => rabbit.dispose());

  /** As somebody else makes it, with values of their own. */
  const makeTheirs = () =>
    rabbit.amqp(async (channel) => {
      const quorum = { 'x-queue-type': 'quorum', 'x-max-length': 50, 'x-overflow': 'reject-publish' };
      await channel.assertQueue(names.queue('theirs'), { durable: true, arguments: quorum });
      await channel.assertQueue(names.deadQueue('theirs'), { durable: true });
    });

  it('that is missing fails the boot: the error names it and the cure, and nothing is made', async () => {
    const failure = await rabbit.startWarren([handler], options).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'WARREN_TOPOLOGY_MISMATCH',
      message: expect.stringMatching(
        /^Queue 'theirs': the queue of its dead letters, '.*\.dead\.theirs', is missing .*`declare: false`.* Make it, durable, with the arguments \{"x-queue-type":"quorum",.*or remove `declare: false`/,
      ) as string,
      details: { queue: 'theirs', name: names.deadQueue('theirs'), isMissing: true },
    });
    await expect(rabbit.count(names.queue('theirs'))).rejects.toThrow('NOT_FOUND');
    await rabbit.amqp((channel) => channel.assertQueue(names.deadQueue('theirs'), { durable: true }));
    await expect(rabbit.startWarren([handler], options)).rejects.toMatchObject({
      message: expect.stringContaining(`the queue, '${names.queue('theirs')}', is missing`) as string,
    });
    const { warren: producer } = await rabbit.startWarren([], { worker: false, ...options });
    await expect(producer.jobs.enqueue('theirs:job')).rejects.toMatchObject({
      code: 'WARREN_TOPOLOGY_MISMATCH',
    });
  });

  it('is used as it is, beside one that Warren makes, and bound anew after somebody made it anew', async () => {
    await makeTheirs();
    const ran: string[] = [];
    const run = (_: unknown, job: { readonly id: string }) => void ran.push(job.id);
    const both = ['theirs:job', 'ours:job'].map((type) => ({ type, run }));
    const { warren } = await rabbit.startWarren(both, options);
    const enqueue = async () => [
      (await warren.jobs.enqueue('theirs:job')).id,
      (await warren.jobs.enqueue('theirs:job', {}, { delay: '20ms' })).id,
      (await warren.jobs.enqueue('ours:job')).id,
    ];
    const ids = await enqueue();
    await until(() => ran.length === 3, 'all ran');
    // It has lost its bindings with this, and the worker its consumer.
    await rabbit.amqp((channel) => channel.deleteQueue(names.queue('theirs')));
    await makeTheirs();
    ids.push(...(await enqueue()));
    await until(() => ran.length === 6, 'all ran again');
    expect(ran.sort()).toEqual(ids.sort());
  });

  it('tells who publishes that it is gone', async () => {
    const { warren } = await rabbit.startWarren([], { worker: false, ...options });
    await warren.jobs.enqueue('theirs:job');
    await rabbit.amqp((channel) => channel.deleteQueue(names.queue('theirs')));
    await expect(warren.jobs.enqueue('theirs:job')).rejects.toMatchObject({
      code: 'WARREN_TOPOLOGY_MISMATCH',
      details: { queue: 'theirs', isMissing: true },
    });
  });
});

describe('producer and worker', () => {
  const rabbit = new RabbitMqApp('declare-both');

  afterAll(() => rabbit.dispose());

  it('both declare: jobs enqueued before any worker ever ran are run when the first one boots', async () => {
    rabbit.owns('email');
    const { warren: producer } = await rabbit.startWarren([], { worker: false });
    const ids = [
      (await producer.jobs.enqueue('email:new', { to: 1 })).id,
      (await producer.jobs.enqueue('email:new', { to: 2 }, { delay: '40ms' })).id,
    ];
    const ran: string[] = [];
    await rabbit.startWarren([{ type: 'email:new', run: (_, job) => void ran.push(job.id) }]);
    await until(() => ran.length === 2, 'both jobs ran');
    expect(ran.sort()).toEqual(ids.sort());
  });

  it('says at boot that the queue of a handler exists with other options', async () => {
    rabbit.owns('email');
    await expect(
      rabbit.startWarren([{ type: 'email:new', run: () => undefined }], {
        queues: { email: { maxLength: 3 } },
      }),
    ).rejects.toMatchObject({ code: 'WARREN_TOPOLOGY_MISMATCH' });
  });
});
