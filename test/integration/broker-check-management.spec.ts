import { jest } from '@jest/globals';
import { parseVersion, type BrokerVersion } from '../../libs/core/src/broker/rabbitmq/broker-version.js';
import { can } from '../../libs/core/src/broker/rabbitmq/capabilities.js';
import type { JobsOptions } from '../../libs/core/src/options/module.js';
import type { TopologyReport } from '../../libs/core/src/operate/topology.js';
import { Administrator, managedBroker, type ManagedBroker } from '../support/managed-broker.js';
import { RabbitMqApp, type TestWarren } from '../support/rabbitmq-app.js';
import { until } from '../support/until.js';

// A node may have to be started, and its statistics come every five seconds.
jest.setTimeout(120_000);

let managed: ManagedBroker;
let administrator: Administrator;
let rabbit: RabbitMqApp;

beforeAll(async () => {
  managed = await managedBroker();
}, 150_000);
afterAll(() => managed.stop());
beforeEach(() => {
  administrator = new Administrator(managed);
  rabbit = new RabbitMqApp('check-more', undefined, managed.url);
  rabbit.owns('email');
});
afterEach(async () => {
  await administrator.takeBack();
  await rabbit.dispose();
});

function start(options: JobsOptions = {}): Promise<TestWarren> {
  const { managementUrl } = managed;
  return rabbit.startWarren([{ type: 'email:new', run: () => undefined }], { managementUrl, ...options });
}

function told({ findings }: TopologyReport, level: string): string[] {
  return findings
    .filter((one) => one.level === level)
    .map(({ subject, message }) => `${subject}: ${message}`);
}

describe('the check of a broker with its management API', () => {
  it('leaves nothing open', async () => {
    const { warren } = await start();
    await administrator.untilPolicy(rabbit.names.queue('email'), undefined);
    for (const name of [rabbit.names.unroutable, rabbit.names.delayLevel(31)]) {
      await administrator.untilPolicy(name, undefined);
    }
    const report = await warren.jobs.topology.check();
    expect(told(report, 'warn')).toEqual([]);
    expect(told(report, 'fail')).toEqual([]);
    expect(told(report, 'unknown')).toEqual([]);
    expect(told(report, 'ok')).toEqual(
      expect.arrayContaining([
        'feature flags: All stable ones are enabled.',
        'alarms: None; 1 node runs.',
        'bindings: Every exchange leads to its queues.',
        'policies: None changes what the queues were declared with.',
        'members: All copies of 35 quorum queues are online.',
      ]),
    );
  });

  it('shows what a policy takes away from the arguments', async () => {
    const { names, app } = rabbit;
    await administrator.policy(`${app}-jobs`, `^${app}\\.q\\.`, {
      'delivery-limit': 2,
      overflow: 'drop-head',
    });
    await administrator.policy(`${app}-delays`, `^${app}\\.delay\\.v1\\.20$`, { 'message-ttl': 1_000 });
    const { warren } = await start({ queues: { email: { deliveryLimit: 5 } } });
    await administrator.untilPolicy(names.queue('email'), `${app}-jobs`);
    await administrator.untilPolicy(names.delayLevel(20), `${app}-delays`);
    const report = await warren.jobs.topology.check();
    expect(told(report, 'fail')).toEqual([
      `delays: Policy '${app}-delays' changes '${names.delayLevel(20)}': message-ttl is 1s instead of 17m 29s: delayed jobs run too early.`,
      `queue email: Policy '${app}-jobs' changes '${names.queue('email')}': overflow is drop-head instead of reject-publish: dead-lettering is at most once, and a full queue drops its oldest messages.`,
    ]);
    expect(told(report, 'warn')).toEqual([
      `queue email: Policy '${app}-jobs' changes '${names.queue('email')}': the delivery limit is 2 instead of 5: jobs count as poison after so many crashes.`,
    ]);
    // And so does the check behind the boot of the next process.
    rabbit.lines.length = 0;
    await start({ queues: { email: { deliveryLimit: 5 } } });
    await until(() => rabbit.written(/Broker check/).length === 3, 'three warnings are written');
    expect(
      rabbit.written(/^warn: Broker check, queue email: .*overflow is drop-head.*list_policies/),
    ).toHaveLength(1);
  });

  it('is right about it: with that policy a full queue drops jobs, and confirms them', async () => {
    const { names, app } = rabbit;
    await administrator.policy(`${app}-drop`, `^${app}\\.q\\.`, { overflow: 'drop-head' });
    const broker = await rabbit.connect();
    await broker.ensureQueue(rabbit.spec('email', { maxLength: 2 }));
    await rabbit.amqp(async (channel) => {
      for (let n = 0; n < 5; n += 1)
        channel.sendToQueue(names.queue('email'), Buffer.from('{}'), { persistent: true });
    });
    await rabbit.untilCount(names.queue('email'), 2);
  });

  it('may lengthen the time for the jobs of one queue by a policy, where the table of versions says so', async () => {
    const { warren } = await start();
    const version = versionOf(await warren.jobs.topology.check());
    const set = administrator.policy(`${rabbit.app}-time`, `^${rabbit.app}\\.q\\.`, {
      'consumer-timeout': 3_600_000,
    });
    if (can(version, 'timeoutPerQueue')) await expect(set).resolves.toBeUndefined();
    else await expect(set).rejects.toThrow('are not recognised policy settings');
  });

  it('needs the feature flag of at-least-once dead-lettering, where the table of versions says so', async () => {
    const { warren } = await start();
    const version = versionOf(await warren.jobs.topology.check());
    const stability = await administrator.stabilityOf('stream_queue');
    expect(stability).toBe(can(version, 'streamFlagRequired') ? 'required' : 'stable');
  });

  it('names every argument that differs, where AMQP names the first', async () => {
    const { names } = rabbit;
    await start({ queues: { email: { deliveryLimit: 5, messageTtl: '1h' } } });
    const { warren } = await rabbit.startWarren([], {
      managementUrl: managed.managementUrl,
      queues: { email: { deliveryLimit: 6, messageTtl: '2h', maxBytes: 1_000_000 } },
    });
    const report = told(await warren.jobs.topology.check(), 'fail').sort();
    expect(report).toEqual([
      expect.stringMatching(/^bindings: Missing: .*due\.email/),
      expect.stringContaining(`Missing at the broker: queue '${names.waitingRoom('email')}'`),
      expect.stringContaining('another x-delivery-limit: wanted is 6, existing is 5.'),
      expect.stringContaining('another x-max-length-bytes: wanted is 1000000, existing is none.'),
      expect.stringContaining('another x-message-ttl: wanted is 7200000, existing is 3600000.'),
    ]);
  });

  it('shows all of what somebody else made otherwise, its missing bindings and policies', async () => {
    const { names, app } = rabbit;
    await rabbit.amqp(async (channel) => {
      const quorum = { 'x-queue-type': 'quorum' };
      await channel.assertQueue(names.queue('email'), { durable: true, arguments: quorum });
      await channel.assertQueue(names.deadQueue('email'), { durable: true, arguments: quorum });
    });
    await administrator.policy(`${app}-dead`, `^${app}\\.q\\.`, {
      'dead-letter-exchange': names.deadExchange,
    });
    const { warren } = await start({ queues: { email: { declare: false } } });
    await administrator.untilPolicy(names.queue('email'), `${app}-dead`);
    await rabbit.amqp((channel) => channel.unbindQueue(names.queue('email'), names.jobsExchange, 'email'));
    const report = await warren.jobs.topology.check();
    expect(told(report, 'fail')).toEqual([
      expect.stringMatching(/^queue email: .* x-dead-letter-routing-key: none, not email/),
      expect.stringMatching(/^bindings: Missing: .* by 'email'/),
    ]);
    expect(told(report, 'warn').filter((line) => line.includes(names.queue('email')))).toEqual([
      expect.stringMatching(/x-message-ttl: none, not 1209600000: jobs wait there for ever/),
      expect.stringMatching(/x-overflow: none, not reject-publish/),
      expect.stringMatching(/x-dead-letter-strategy: none, not at-least-once/),
      expect.stringMatching(/x-delivery-limit: none, not 5/),
    ]);
  });

  it('names a binding that is missing', async () => {
    const { names } = rabbit;
    const { warren } = await start();
    await rabbit.amqp((channel) => channel.unbindQueue(names.queue('email'), names.jobsExchange, 'email'));
    expect(told(await warren.jobs.topology.check(), 'fail')).toEqual([
      `bindings: Missing: '${names.jobsExchange}' to '${names.queue('email')}' by 'email'. What should go that way is refused or lost.`,
    ]);
  });

  it('says what a user may not see, and compares queues that it may not declare', async () => {
    const { names, app } = rabbit;
    await start({ queues: { email: { deliveryLimit: 5 } } });
    const url = await administrator.user(app, '');
    const without = (
      await start({ url, declare: false, managementUrl: undefined, queues: { email: { deliveryLimit: 6 } } })
    ).warren;
    const blind = await without.jobs.topology.check();
    expect(told(blind, 'fail')).toEqual([]);
    expect(told(blind, 'unknown')).toContainEqual(
      expect.stringMatching(
        /^arguments: There, but not compared with what is wanted: .* The user may not declare them/,
      ),
    );
    const refused = (await start({ url, declare: false })).warren;
    expect(told(await refused.jobs.topology.check(), 'unknown')).toContainEqual(
      expect.stringMatching(/^policies: .*\/api\/queues.* is refused \(401\)/),
    );
    const seeing = await start({
      url,
      declare: false,
      managementUrl: withUser(managed),
      queues: { email: { deliveryLimit: 6 } },
    });
    const report = await seeing.warren.jobs.topology.check();
    expect(told(report, 'fail')).toEqual([
      `queue email: The queue '${names.queue('email')}' exists with another x-delivery-limit: wanted is 6, existing is 5.`,
    ]);
    expect(JSON.stringify([blind, report])).not.toContain('secret word');
  });

  it('says that the management API does not answer, without its password', async () => {
    const { warren } = await start({ managementUrl: 'http://admin:s3cret@127.0.0.1:1' });
    const report = await warren.jobs.topology.check();
    expect(told(report, 'warn')).toEqual([
      expect.stringMatching(/^management: http:\/\/127\.0\.0\.1:1\/api does not answer: /),
    ]);
    expect(told(report, 'fail')).toEqual([]);
    expect(told(report, 'unknown').map((line) => line.split(':')[0])).toEqual([
      'feature flags',
      'alarms',
      'bindings',
      'policies',
      'members',
    ]);
    expect(JSON.stringify(report)).not.toMatch(/s3cret|admin:/);
  });
});

function versionOf(report: TopologyReport): BrokerVersion {
  return parseVersion(/RabbitMQ (\S+) has/.exec(told(report, 'ok').join('\n'))?.[1] ?? '');
}

/** The address of the API with the user of the broker's URL. */
function withUser({ url, managementUrl }: ManagedBroker): string {
  const { username, password } = new URL(url);
  const withIt = new URL(managementUrl);
  withIt.username = username;
  withIt.password = password;
  return withIt.href;
}
