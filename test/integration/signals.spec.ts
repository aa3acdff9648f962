import { jest } from '@jest/globals';
import type { RabbitMqBroker } from '../../libs/core/src/broker/rabbitmq/rabbitmq-broker.js';
import { message } from '../../libs/core/src/testing/contract/scene.js';
import { Ear } from '../../libs/core/src/testing/contract/signals/signals-scene.js';
import { RabbitMqApp, acked, collect } from '../support/rabbitmq-app.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

jest.setTimeout(60_000);

/** Sends until it is heard: what was sent while nobody could hear it is gone. */
async function untilHeard(sender: RabbitMqBroker, ear: Ear, body: unknown): Promise<void> {
  await until(
    () => {
      sender.signals.send({ topic: 'events', key: 'probe', body });
      return ear.bodies.includes(body);
    },
    `'${String(body)}' is heard`,
  );
}

/** What a broker is for, in spite of all that is wrong with signals. */
async function moveOneJob(rabbit: RabbitMqApp, broker: RabbitMqBroker): Promise<void> {
  await broker.ensureQueue(rabbit.spec('work'));
  const consumer = await collect(broker, 'work', acked);
  await broker.publish(message('job'), { queue: 'work' });
  await consumer.received(1);
  await consumer.consumption.stop();
}

describe('signals', () => {
  const rabbit = new RabbitMqApp('signals');

  beforeEach(() => (rabbit.lines.length = 0));
  afterAll(() => rabbit.dispose());

  it('are heard again after the connections of a listener, and of a sender, were cut', async () => {
    const proxy = await TcpProxy.start(rabbit.url);
    const far = await rabbit.connect({ urls: [proxy.url] });
    const near = await rabbit.connect();
    const ears = [new Ear(far.signals, 'events'), new Ear(near.signals, 'events')] as const;
    await until(() => ears.every(({ attachedTimes }) => attachedTimes === 1), 'both listen');
    for (const round of [1, 2]) {
      const { attachedTimes } = ears[0];
      proxy.cut();
      // Once more when its process can also send again.
      await until(() => ears[0].attachedTimes > attachedTimes, 'the listener is attached again');
      await untilHeard(near, ears[0], `to the far one, ${round}`);
      await untilHeard(far, ears[1], `from the far one, ${round}`);
    }
    expect(ears[1].attachedTimes).toBe(1);
    expect(rabbit.written(/^warn: Signals/)).toEqual([]);
    await proxy.refuse();
  });

  it('are listened to once there is a connection', async () => {
    const proxy = await TcpProxy.reserve(rabbit.url);
    const broker = rabbit.broker({ urls: [proxy.url] });
    const ear = new Ear(broker.signals, 'events');
    await broker.start();
    broker.signals.send({ topic: 'events', key: 'lost', body: 'sent to nobody' });
    expect(ear.attachedTimes).toBe(0);
    await proxy.open();
    await untilHeard(broker, ear, 'heard');
    expect(ear.bodies).not.toContain('sent to nobody');
    await proxy.refuse();
  });

  it('survive what other programs send', async () => {
    const broker = await rabbit.connect();
    const ear = new Ear(broker.signals, 'events');
    await until(() => ear.attachedTimes === 1, 'it listens');
    await rabbit.amqp(async (channel) => {
      const send = (body: string | Buffer): boolean =>
        channel.publish(rabbit.names.signalExchange('events'), 'k', Buffer.from(body));
      send('{ no JSON');
      send('');
      send(Buffer.from([0xff, 0x00, 0x22]));
      send(JSON.stringify('x'.repeat(100_000)));
      send('['.repeat(30_000));
      send('"good"');
      await channel.checkExchange(rabbit.names.signalExchange('events'));
    });
    await ear.untilHeard(1);
    expect(ear.bodies).toEqual(['good']);
  });

  it('come again after their exchange was deleted, and jobs go on meanwhile', async () => {
    const broker = await rabbit.connect();
    await rabbit.amqp((channel) => channel.deleteExchange(rabbit.names.signalExchange('control')));
    broker.signals.send({ topic: 'control', key: 'k', body: 'to nowhere' });
    await until(() => rabbit.written(/^warn: Signals/).length > 0, 'it is told');
    expect(rabbit.written(/^warn: Signals/)).toEqual([
      expect.stringMatching(
        /^warn: Signals to other processes: it is missing at the broker.*Jobs run as before; other processes do not hear/,
      ),
    ]);
    await moveOneJob(rabbit, broker);
    await until(
      () =>
        rabbit
          .amqp((channel) => channel.checkExchange(rabbit.names.signalExchange('control')))
          .then(
            () => true,
            () => false,
          ),
      'the exchange is declared again',
    );
  });

  it('leave no queue behind when nobody listens any more', async () => {
    const alone = new RabbitMqApp('signals-alone');
    const broker = await alone.connect();
    const ear = new Ear(broker.signals, 'events');
    await until(() => ear.attachedTimes === 1, 'it listens');
    const isUsed = (): Promise<boolean> =>
      alone.amqp(async (channel) => {
        // Mandatory: it comes back when no queue is bound.
        let hasReturned = false;
        channel.on('return', () => (hasReturned = true));
        const exchange = alone.names.signalExchange('events');
        channel.publish(exchange, 'k', Buffer.from('1'), { mandatory: true });
        await channel.checkExchange(exchange);
        return !hasReturned;
      });
    expect(await isUsed()).toBe(true);
    ear.leave();
    await until(async () => !(await isUsed()), 'no queue is bound');
    await alone.dispose();
  });
});

describe('signals that the broker refuses', () => {
  it('are told once for each way where `declare: false` finds no exchanges, and heal when they are made', async () => {
    const rabbit = new RabbitMqApp('signals-missing');
    const maker = await rabbit.connect();
    await maker.close();
    await rabbit.amqp(async (channel) => {
      await channel.deleteExchange(rabbit.names.signalExchange('events'));
      await channel.deleteExchange(rabbit.names.signalExchange('control'));
    });
    const broker = rabbit.broker({ declare: false });
    const ear = new Ear(broker.signals, 'events');
    await broker.start();
    const warnings = rabbit.written(/^warn: /);
    expect(warnings.sort()).toEqual([
      expect.stringMatching(/Signals of 'events': it is missing.*`declare: false`.*Jobs run as before/),
      expect.stringMatching(
        /Signals to other processes: it is missing.*`declare: false`.*Jobs run as before/,
      ),
    ]);
    // The second try, which fails like the first, and tells nothing.
    await until(() => rabbit.written(/^debug: Signals/).length >= 2, 'it is tried again');
    expect(rabbit.written(/^warn: /)).toHaveLength(2);
    await rabbit.connect();
    await untilHeard(broker, ear, 'heard');
    await rabbit.dispose();
  });

  it('stop no job where the exchange is of another type', async () => {
    const rabbit = new RabbitMqApp('signals-mismatch');
    await rabbit.amqp((channel) => channel.assertExchange(rabbit.names.signalExchange('events'), 'direct'));
    const broker = await rabbit.connect();
    expect(rabbit.written(/^warn: /)).toEqual([
      expect.stringMatching(
        /The exchange '.*\.events' exists with another type: wanted is topic, existing is direct\. Delete the exchange/,
      ),
    ]);
    await moveOneJob(rabbit, broker);
    await rabbit.dispose();
  });
});
