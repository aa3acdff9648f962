import type { ConfirmChannel, Options } from 'amqplib';
import { onChannel } from '../support/amqp.js';
import { buildLibraries } from '../support/build.js';
import { FaultScene, QUEUE } from '../support/fault-scene.js';
import { rabbitmqUrl } from '../support/services.js';
import { until } from '../support/until.js';

/** The same message twice, as a broker or a publisher that is cut off may deliver it. */

let scene: FaultScene;

beforeAll(() => buildLibraries(), 120_000);
beforeEach(() => {
  scene = new FaultScene([rabbitmqUrl()]);
});
afterEach(() => scene.end());

/** Puts copies of each message that waits beside it. */
function duplicateWaiting(count: number): Promise<void> {
  return amqp(async (channel) => {
    for (let taken = 0; taken < count; taken += 1) {
      const message = await channel.get(`${scene.app}.q.${QUEUE}`, { noAck: true });
      if (message === false) throw new Error(`There are ${taken} messages, not ${count}.`);
      const options = { ...message.properties, persistent: true } as Options.Publish;
      for (let copy = 0; copy < 2; copy += 1) {
        channel.publish(`${scene.app}.jobs`, QUEUE, message.content, options);
      }
      await channel.waitForConfirms();
    }
  });
}

/** What is left of them at the broker. */
const waitingCount = () =>
  amqp(async (channel) => (await channel.checkQueue(`${scene.app}.q.${QUEUE}`)).messageCount);
const deadCount = () =>
  amqp(async (channel) => (await channel.checkQueue(`${scene.app}.dead.${QUEUE}`)).messageCount);

function amqp<T>(work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  return onChannel(rabbitmqUrl(), work);
}

describe('a message that comes twice to one process', () => {
  it('runs once: the second copy waits for the first, and is acked', async () => {
    const jobs = await scene.producer();
    await scene.enqueue(jobs, 20, { ms: 50 });
    await duplicateWaiting(20);
    await scene.worker('only', { concurrency: 40 });
    await scene.untilFinished(20);
    await scene.drainWorkers();
    expect(await waitingCount()).toBe(0);
    expect(scene.outcome()).toEqual({ enqueued: 20, completed: 20, duplicates: 0, dead: 0, lost: 0 });
  });

  it('is retried once, and dies once', async () => {
    const jobs = await scene.producer();
    const numbers = await scene.enqueue(jobs, 5, { fate: 'fail' });
    await duplicateWaiting(5);
    await scene.worker('only', { concurrency: 40 });
    await until(async () => (await deadCount()) === 5, 'all jobs are dead');
    await scene.drainWorkers();
    expect(await waitingCount()).toBe(0);
    expect(await deadCount()).toBe(5);
    for (const number of numbers) expect(scene.reader.read().started.get(number)).toBe(3);
  });
});
