import type { Channel } from 'amqplib';
import { onChannel } from '../support/amqp.js';
import { buildLibraries } from '../support/build.js';
import { FaultScene, QUEUE } from '../support/fault-scene.js';
import { rabbitmqUrl } from '../support/services.js';
import { until } from '../support/until.js';

/** Somebody deletes or replaces what the application declared, while it is in use. */

let scene: FaultScene;

beforeAll(() => buildLibraries(), 120_000);
beforeEach(() => {
  scene = new FaultScene([rabbitmqUrl()]);
});
afterEach(() => scene.end());

const queueName = () => `${scene.app}.q.${QUEUE}`;

function amqp<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
  return onChannel(rabbitmqUrl(), work);
}

describe('a queue that is deleted while it is consumed', () => {
  it('is declared anew; jobs enqueued from then on run', async () => {
    const jobs = await scene.producer();
    const worker = await scene.worker('only');
    const gone = await scene.enqueue(jobs, 50, { hold: 'never' });
    await scene.untilStarted(10);
    await amqp((channel) => channel.deleteQueue(queueName()));
    await until(() => worker.output.includes('the broker cancelled the consumer'), 'the worker is told');
    scene.forget(gone);
    await scene.enqueue(jobs, 50);
    await scene.untilFinished(50);
    expect(scene.outcome()).toEqual({ enqueued: 50, completed: 50, duplicates: 0, dead: 0, lost: 0 });
    await scene.drainWorkers();
  });
});

describe('a queue that is replaced by one with other arguments', () => {
  it('is refused with the difference, and is used again when it is mended', async () => {
    const jobs = await scene.producer();
    const worker = await scene.worker('only');
    await scene.enqueue(jobs, 10);
    await scene.untilFinished(10);
    await amqp(async (channel) => {
      await channel.deleteQueue(queueName());
      await channel.assertQueue(queueName(), { durable: true, arguments: { 'x-queue-type': 'classic' } });
    });
    await until(() => /exists with another x-.*wanted is/.test(worker.output), 'the worker is told');
    await expect(jobs.enqueue('soak:job', {})).rejects.toMatchObject({
      code: 'WARREN_TOPOLOGY_MISMATCH',
      message: expect.stringMatching(/exists with another x-.*wanted is/) as string,
    });
    await amqp((channel) => channel.deleteQueue(queueName()));
    await scene.enqueueUntilAccepted(jobs, 50, { fate: 'failOnce' });
    await scene.untilFinished(60);
    expect(scene.outcome()).toEqual({ enqueued: 60, completed: 60, duplicates: 0, dead: 0, lost: 0 });
    expect(worker.output.split('\n').length).toBeLessThan(120);
    await scene.drainWorkers();
  });
});

describe('a delay level that is deleted while jobs are delayed', () => {
  it.each(['queue', 'exchange'] as const)('comes back when it is its %s', async (what) => {
    const jobs = await scene.producer();
    await scene.worker('only', { concurrency: 20 });
    await scene.enqueue(jobs, 10, { fate: 'failOnce' }, { delay: '200ms' });
    await scene.untilFinished(10);
    // Delays of 128 to 255 ms enter at level 7.
    const level = `${scene.app}.delay.v1.7`;
    await amqp((channel) => (what === 'queue' ? channel.deleteQueue(level) : channel.deleteExchange(level)));
    await scene.enqueueUntilAccepted(jobs, 10, {}, { delay: '200ms' });
    await scene.untilFinished(20);
    expect(scene.outcome()).toMatchObject({ enqueued: 20, completed: 20, dead: 0, lost: 0 });
    await scene.drainWorkers();
  });

  it('costs no job its retry', async () => {
    const jobs = await scene.producer();
    await scene.worker('only', { concurrency: 20 });
    await scene.enqueue(jobs, 20, { fate: 'failOnce', hold: 'go' });
    await scene.untilStarted(20);
    // Retries after 50 to 100 ms.
    for (const level of [5, 6])
      await amqp((channel) => channel.deleteQueue(`${scene.app}.delay.v1.${level}`));
    scene.release('go');
    await scene.untilFinished(20);
    expect(scene.outcome()).toMatchObject({ enqueued: 20, completed: 20, dead: 0, lost: 0 });
    await scene.drainWorkers();
  });
});
