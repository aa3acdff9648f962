import { connect } from 'amqplib';
import { can } from '../../../libs/core/src/broker/rabbitmq/capabilities.js';
import { brokerVersion } from '../../../libs/core/src/broker/rabbitmq/broker-version.js';
import { QUEUE } from '../../support/fault-scene.js';
import { privateScene } from '../../support/private-scene.js';
import { until } from '../../support/until.js';

/** A job runs for longer than the broker lets a consumer hold a delivery. */

const on = privateScene();

/** As `consumer_timeout` in rabbitmq.conf, and looked after often. */
const setTimeoutMs = (ms: number): Promise<string> =>
  on.node.ctl(
    'eval',
    `application:set_env(rabbit, consumer_timeout, ${ms}), application:set_env(rabbit, channel_tick_interval, 500).`,
  );

/** Resolves when the broker has taken a delivery back from a consumer that asked for no time of its own. */
async function untilAnotherTimedOut(): Promise<void> {
  const connection = await connect(on.node.url);
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  const queue = 'timed-out';
  await channel.assertQueue(queue, { arguments: { 'x-queue-type': 'quorum' } });
  channel.sendToQueue(queue, Buffer.from('held'));
  await channel.waitForConfirms();
  let isOver = false;
  channel.on('close', () => (isOver = true));
  await channel.consume(queue, (message) => (isOver ||= message === null));
  await until(() => isOver, 'the broker takes the delivery back', 90_000);
  await connection.close();
}

async function hasTimeoutPerConsumer(): Promise<boolean> {
  const connection = await connect(on.node.url);
  const version = brokerVersion(connection);
  await connection.close();
  return can(version, 'timeoutPerConsumer');
}

it('comes again where the broker grants no more, and runs on where the worker may ask for it', async () => {
  await setTimeoutMs(2_000);
  const jobs = await on.scene.producer();
  const worker = await on.scene.worker('only', { timeout: '6h' });
  await on.scene.enqueue(jobs, 1, { hold: 'go' });
  await on.scene.untilStarted(1);
  const isAsked = await hasTimeoutPerConsumer();
  if (isAsked) {
    await untilAnotherTimedOut();
    await untilAnotherTimedOut();
    on.scene.release('go');
    await on.scene.untilFinished(1);
    expect(on.scene.reader.started.get(0)).toBe(1);
  } else {
    expect(worker.output).toMatch(/Jobs of queue 'soak' may take up to 6h.*Set consumer_timeout/);
    await until(() => (on.scene.reader.read().started.get(0) ?? 0) > 1, 'the job comes again', 90_000);
    expect(worker.output).toMatch(/The consumer of queue 'soak' has ended: .*timeout/i);
    await setTimeoutMs(3_600_000);
    on.scene.release('go');
    await on.scene.untilFinished(1);
  }
  expect(worker.output.includes(`consumer of queue '${QUEUE}' has ended`)).toBe(!isAsked);
  expect(on.scene.outcome()).toEqual({ enqueued: 1, completed: 1, duplicates: 0, dead: 0, lost: 0 });
  await on.scene.drainWorkers();
});
