import { connect, type ConfirmChannel, type Options } from 'amqplib';
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

const deadCount = () =>
  amqp(async (channel) => (await channel.checkQueue(`${scene.app}.dead.${QUEUE}`)).messageCount);

async function amqp<T>(work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await connect(rabbitmqUrl());
  try {
    return await work(await connection.createConfirmChannel());
  } finally {
    await connection.close();
  }
}

describe('a message that comes twice', () => {
  it('runs twice with the same job id and attempt, one after the other where one process gets both', async () => {
    const jobs = await scene.producer();
    const numbers = await scene.enqueue(jobs, 20, { ms: 50 });
    await duplicateWaiting(20);
    const worker = await scene.worker('only', { concurrency: 40 });
    const runCount = () => [...scene.reader.read().finished.values()].reduce((sum, count) => sum + count, 0);
    await until(() => runCount() === 40, 'all copies ran');
    await scene.drainWorkers();
    const runs = scene.reader.runsOf(() => true);
    expect([...runs.keys()].sort((a, b) => a - b)).toEqual(numbers);
    for (const [first, second, ...more] of runs.values()) {
      expect(more).toEqual([]);
      expect(first).toMatchObject({ attempt: 1, isFinished: true, pid: worker.pid });
      expect(second).toMatchObject({ attempt: 1, isFinished: true, pid: worker.pid });
      expect(second!.startedAt).toBeGreaterThanOrEqual(first!.endedAt!);
    }
  });

  it('keeps its count of attempts in each copy: none runs more often than it may', async () => {
    const jobs = await scene.producer();
    const numbers = await scene.enqueue(jobs, 5, { fate: 'fail' });
    await duplicateWaiting(5);
    await scene.worker('only', { concurrency: 40 });
    const letters = jobs.deadLetters(QUEUE);
    await until(async () => (await deadCount()) === 10, 'all copies are dead');
    // A job is listed once, however many copies of it there are.
    expect((await letters.list()).map(({ id, reason }) => `${id} ${reason}`).sort()).toEqual(
      numbers.map((number) => `soak-${number} exhausted`),
    );
    for (const number of numbers) expect(scene.reader.read().started.get(number)).toBe(6);
    await scene.drainWorkers();
  });
});
