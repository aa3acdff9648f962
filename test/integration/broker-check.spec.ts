import { jest } from '@jest/globals';
import { parseVersion } from '../../libs/core/src/broker/rabbitmq/broker-version.js';
import { jobQueueArguments } from '../../libs/core/src/broker/rabbitmq/topology/queues.js';
import { targetsOf } from '../../libs/core/src/broker/rabbitmq/topology/targets.js';
import { can } from '../../libs/core/src/broker/rabbitmq/capabilities.js';
import type { TopologyReport } from '../../libs/core/src/operate/topology.js';
import { findingLines } from '../../libs/core/src/operate/finding-lines.js';
import { RabbitMqApp } from '../support/rabbitmq-app.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

// `until` says more than the test runner, and waits longer than its five seconds.
jest.setTimeout(60_000);

const handler = (type: string, timeout: '1m' | '6h' = '1m') => ({
  type,
  options: { timeout },
  run: () => undefined,
});

/** Findings of a level, as `subject: message`. */
function told({ findings }: TopologyReport, level: string): string[] {
  return findings
    .filter((one) => one.level === level)
    .map(({ subject, message }) => `${subject}: ${message}`);
}

const fixes = ({ findings }: TopologyReport): string => findings.map(({ fix }) => fix ?? '').join('\n');

describe('the check of a broker, over AMQP alone', () => {
  let rabbit: RabbitMqApp;

  beforeEach(() => {
    rabbit = new RabbitMqApp('check');
  });
  afterEach(() => rabbit.dispose());

  it('finds nothing to mend where all is as wanted, and says what it cannot see from there', async () => {
    rabbit.owns('email');
    const { warren } = await rabbit.startWarren([handler('email:new')]);
    const report = await warren.jobs.topology.check();
    expect(told(report, 'fail')).toEqual([]);
    expect(told(report, 'warn')).toEqual([]);
    expect(report.ok).toBe(true);
    expect(told(report, 'ok')).toEqual([
      expect.stringMatching(/^broker: amqp:\/\/\*\*\*@.* RabbitMQ \d+\.\d+.*answers in \d+ ms/),
      expect.stringMatching(/^version: RabbitMQ \d.* has what Warren needs/),
      'exchanges: All there.',
      'delays: All there.',
      'signals: All there.',
      'queue email: All there; 0 waiting, 0 dead letters.',
    ]);
    expect(report.findings.filter(({ level }) => level === 'unknown').map(({ subject }) => subject)).toEqual([
      'feature flags',
      'alarms',
      'bindings',
      'policies',
      'members',
    ]);
    for (const { level, fix } of report.findings) {
      if (level === 'unknown') expect(fix).toMatch(/rabbitmq(ctl|-diagnostics) .*managementUrl/);
    }
    expect(findingLines(report.findings)).toHaveLength(report.findings.length);
  });

  it('names the argument of a queue that differs, both values and the ways to mend it', async () => {
    const { names } = rabbit;
    rabbit.owns('email');
    const { warren } = await rabbit.startWarren([], { queues: { email: { deliveryLimit: 3 } } });
    const { warren: other } = await rabbit.startWarren([handler('email:new')], {
      queues: { email: { deliveryLimit: 10 } },
    });
    const report = await warren.jobs.topology.check();
    expect(report.ok).toBe(false);
    expect(told(report, 'fail')).toEqual([
      `queue email: The queue '${names.queue('email')}' exists with another x-delivery-limit: wanted is 3, existing is 10.`,
    ]);
    expect(fixes(report)).toContain(`rabbitmqctl delete_queue -p '/' '${names.queue('email')}' --if-empty`);
    expect(fixes(report)).toContain('or lower it by a policy');
    // The channel that heard of the difference is not the one that publishes or consumes.
    expect((await other.jobs.topology.check()).ok).toBe(true);
    expect(other.status().consumers).toEqual([{ queue: 'email', attached: true }]);
  });

  it('names what is missing, and makes nothing of it', async () => {
    const { names } = rabbit;
    rabbit.owns('email', 'later');
    const { warren } = await rabbit.startWarren([handler('email:new')], { queues: { later: {} } });
    const gone = names.delayLevel(3);
    await rabbit.amqp(async (channel) => {
      await channel.deleteQueue(gone);
      await channel.deleteExchange(gone);
      await channel.deleteQueue(names.deadQueue('email'));
    });
    for (let round = 0; round < 2; round += 1) {
      const report = await warren.jobs.topology.check();
      expect(told(report, 'fail')).toEqual([
        `delays: Missing at the broker: exchange '${gone}', queue '${gone}'.`,
        `queue email: Missing at the broker: queue '${names.deadQueue('email')}'.`,
      ]);
      expect(fixes(report)).toContain('Start a process of this application anew');
      expect(told(report, 'ok')).toContain(
        'queue later: Not there yet; it is declared when it is first used.',
      );
    }
    await expect(rabbit.count(names.queue('later'))).rejects.toThrow('NOT_FOUND');
  });

  it('compares exchanges too', async () => {
    const { names } = rabbit;
    rabbit.owns('email');
    const { warren } = await rabbit.startWarren([handler('email:new')]);
    await rabbit.amqp(async (channel) => {
      await channel.deleteExchange(names.dueExchange);
      await channel.assertExchange(names.dueExchange, 'topic', { durable: true });
    });
    const report = await warren.jobs.topology.check();
    expect(told(report, 'fail')).toEqual([
      `delays: The exchange '${names.dueExchange}' exists with another alternate-exchange: wanted is ${names.unroutable}, existing is none.`,
    ]);
  });

  it('checks what somebody else has made', async () => {
    const { names } = rabbit;
    rabbit.owns('email');
    await (await rabbit.connect()).ensureQueue(rabbit.spec('email'));
    const { warren } = await rabbit.startWarren([], { declare: false, queues: { email: {} } });
    const report = await warren.jobs.topology.check();
    // The other program declared it with other times than this one's defaults.
    expect(told(report, 'fail')).toEqual([
      expect.stringContaining(`'${names.deadQueue('email')}' exists with another x-m`),
      expect.stringContaining(`'${names.queue('email')}' exists with another x-`),
    ]);
    await rabbit.amqp(async (channel) => void (await channel.deleteQueue(names.queue('email'))));
    const after = await warren.jobs.topology.check();
    expect(told(after, 'fail')).toContain(
      `queue email: Missing at the broker: queue '${names.queue('email')}'.`,
    );
    expect(fixes(after)).toContain('with `declare: false` Warren does not');
  });

  it('says what it means that a queue with `declare: false` was made otherwise', async () => {
    const { names } = rabbit;
    rabbit.owns('theirs');
    const start = () =>
      rabbit.startWarren([handler('theirs:job')], { queues: { theirs: { declare: false } } });
    const make = (more: Record<string, unknown>) =>
      rabbit.amqp(async (channel) => {
        await channel.deleteQueue(names.queue('theirs'));
        const queueArguments = { ...jobQueueArguments(rabbit.spec('theirs'), names), ...more };
        await channel.assertQueue(names.queue('theirs'), { durable: true, arguments: queueArguments });
        await channel.assertQueue(names.deadQueue('theirs'), { durable: true });
      });
    await make({ 'x-dead-letter-exchange': 'else' });
    const { warren } = await start();
    const report = await warren.jobs.topology.check();
    expect(told(report, 'fail').join()).toMatch(
      /^queue theirs: The queue '.*q\.theirs' was made with x-dead-letter-exchange: else, not .*: jobs that the broker ends .* go by 'else'/,
    );
    await warren.close();
    await make({ 'x-max-length': 9 });
    const { warren: other } = await start();
    expect(told(await other.jobs.topology.check(), 'fail').join()).toMatch(
      /x-max-length: 9, not none: Warren does not know of this limit: while the queue is full, delayed jobs of all queues wait/,
    );
    await rabbit.amqp((channel) => channel.deleteQueue(names.deadQueue('theirs')));
    const gone = await other.jobs.topology.check();
    expect(told(gone, 'fail').join()).toContain(
      `Missing at the broker: queue '${names.deadQueue('theirs')}'`,
    );
    expect(fixes(gone)).toContain('with `declare: false` Warren does not');
  });

  it('finds jobs at a level of priority that the workers do not have, as another process says more of them', async () => {
    const { names } = rabbit;
    rabbit.owns(...targetsOf({ name: 'email', priorities: 5 }));
    const levels = (priorities: number) => ({ queues: { email: { priorities } } });
    const { warren: api } = await rabbit.startWarren([], levels(5));
    const { warren: worker, recorder } = await rabbit.startWarren([handler('email:new')], levels(3));
    const high = names.queue('email@+2');
    const { id } = await api.jobs.enqueue('email:new', {}, { priority: 'high' });
    const report = await worker.jobs.topology.check();
    expect(told(report, 'fail')).toEqual([
      expect.stringMatching(
        `^queue email: 1 message waits in '${high.replace('+', '[+]')}', which has 0 consumers: .*with priorities 3`,
      ),
    ]);
    expect(told(report, 'warn')).toEqual([
      expect.stringMatching(`^queue email: '${names.queue('email@-2')}' is there, empty`),
    ]);
    expect(fixes(report)).toContain('Say the same queues.email.priorities in every process');
    const { warren: unaware } = await rabbit.startWarren([], { queues: { email: {} } });
    expect(told(await unaware.jobs.topology.check(), 'fail')).toHaveLength(1);
    // Nothing was taken or made by looking, and the cure is one.
    expect(await rabbit.count(high)).toBe(1);
    await expect(rabbit.count(names.queue('email@+3'))).rejects.toThrow('NOT_FOUND');
    const { warren: cured, recorder: runs } = await rabbit.startWarren([handler('email:new')], levels(5));
    await until(() => runs.all('completed').some(({ jobId }) => jobId === id), 'the job has run');
    expect(recorder.all('completed')).toEqual([]);
    expect(told(await cured.jobs.topology.check(), 'fail')).toEqual([]);
    expect(told(await cured.jobs.topology.check(), 'warn')).toEqual([]);
  });

  it('warns of jobs that nobody takes, and of delayed jobs whose queue is gone', async () => {
    rabbit.owns('email');
    const { warren } = await rabbit.startWarren([]);
    await warren.jobs.enqueue('email:new', {});
    await rabbit.amqp(
      async (channel) => void channel.publish(rabbit.names.unroutable, '', Buffer.from('{}')),
    );
    const report = await warren.jobs.topology.check();
    expect(told(report, 'warn')).toEqual([
      expect.stringMatching(/^delays: 1 delayed jobs lie in/),
      'queue email: 1 jobs wait, and no worker takes them.',
    ]);
    const { warren: worker } = await rabbit.startWarren([handler('email:new')]);
    await rabbit.untilCount(rabbit.names.queue('email'), 0);
    expect(told(await worker.jobs.topology.check(), 'warn')).toHaveLength(1);
  });
});

describe('the check of a broker that is away', () => {
  let rabbit: RabbitMqApp;
  let proxy: TcpProxy;

  beforeEach(async () => {
    rabbit = new RabbitMqApp('check-away');
    proxy = await TcpProxy.reserve(rabbit.url);
  });
  afterEach(async () => {
    await proxy.refuse();
    await rabbit.dispose();
  });

  it('says that it is, without the password', async () => {
    const { warren } = await rabbit.startWarren([], { url: proxy.url });
    const report = await warren.jobs.topology.check();
    expect(report.ok).toBe(false);
    expect(told(report, 'fail')).toEqual([
      expect.stringMatching(/^broker: amqp:\/\/\*\*\*@127\.0\.0\.1:\d+ is not connected: .*ECONNREFUSED/),
    ]);
    expect(JSON.stringify(report)).not.toContain('guest');
  });

  it('says that user or password is refused', async () => {
    const url = new URL(rabbit.url);
    url.username = 'nobody';
    url.password = 's3cret';
    const { warren } = rabbit.warren([], { url: url.href });
    const report = await warren.jobs.topology.check();
    expect(told(report, 'fail')).toEqual([expect.stringContaining('refused user and password')]);
    expect(JSON.stringify(report)).not.toMatch(/s3cret|nobody/);
  });

  it('ends within its time when nobody answers', async () => {
    await proxy.open();
    rabbit.owns('email');
    const { warren } = await rabbit.startWarren([handler('email:new')], { url: proxy.url });
    proxy.stall();
    const startedAt = Date.now();
    const report = await warren.jobs.topology.check({ timeout: '500ms' });
    // The heartbeat would need twenty seconds to end the connection.
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    expect(told(report, 'unknown')).toContainEqual(
      expect.stringMatching(/^queue email: Not looked at: .*it did not answer in time/),
    );
  });

  it('says so after shutdown', async () => {
    const { warren } = await rabbit.startWarren();
    await warren.close();
    expect(told(await warren.jobs.topology.check(), 'fail')).toEqual([
      expect.stringContaining('The application has shut down'),
    ]);
  });
});

describe('the check behind the boot', () => {
  let rabbit: RabbitMqApp;
  let proxy: TcpProxy;

  beforeEach(async () => {
    rabbit = new RabbitMqApp('check-boot');
    rabbit.owns('video', 'email');
    proxy = await TcpProxy.reserve(rabbit.url);
  });
  afterEach(async () => {
    await proxy.refuse();
    await rabbit.dispose();
  });

  async function canAskForTime(): Promise<boolean> {
    const report = await (await rabbit.startWarren()).warren.jobs.topology.check();
    const text = /RabbitMQ (\S+) has/.exec(told(report, 'ok').join('\n'))?.[1];
    return can(parseVersion(text!), 'timeoutPerConsumer');
  }

  it('warns once of handlers that need more time than the broker grants, where they cannot ask for it', async () => {
    const isAsked = await canAskForTime();
    rabbit.lines.length = 0;
    await proxy.open();
    const { warren } = await rabbit.startWarren([handler('video:cut', '6h'), handler('email:new')], {
      url: proxy.url,
    });
    await until(() => rabbit.written(/Broker check/).length > 0, 'the check has run');
    const lines = rabbit.written(/Broker check/);
    if (isAsked) expect(lines).toEqual([expect.stringMatching(/^debug: Broker check: nothing to mend/)]);
    else {
      expect(lines).toEqual([
        expect.stringMatching(
          /^warn: Broker check, queue video: Jobs of queue 'video' may take up to 6h 5m.*Set consumer_timeout/,
        ),
      ]);
    }
    proxy.cut();
    await until(() => rabbit.written(/is connected again/).length > 0, 'the connection is back');
    await until(
      () => warren.status().consumers.every(({ attached }) => attached),
      'the consumers are attached again',
    );
    expect(rabbit.written(/Broker check/)).toEqual(lines);
  });

  it('waits for a broker that is away', async () => {
    await rabbit.startWarren([handler('email:new')], { url: proxy.url });
    expect(rabbit.written(/Broker check/)).toEqual([]);
    await proxy.open();
    await until(() => rabbit.written(/Broker check/).length > 0, 'the check has run');
    expect(rabbit.written(/Broker check/)).toEqual([expect.stringMatching(/^debug: .*nothing to mend/)]);
  });
});
