import { setTimeout as wait } from 'node:timers/promises';
import { privateScene } from '../../support/private-scene.js';
import { until } from '../../support/until.js';

/** The only node is killed with -9 and comes back with its data. */

const on = privateScene();

/**
 * RabbitMQ writes the list of its quorum queues to the disk now and then (each half second, measured). Killed before, a
 * node starts a queue that it does not find there as a new one, empty and without a leader: seen on 3.10 and 4.0 with
 * bare amqplib. A queue of a cluster has its other members.
 */
const LISTED_MS = 3_000;

/** Where the queues are, long enough for the broker to remember them. */
async function producerAndWorker() {
  const jobs = await on.scene.producer({ publishTimeout: '40s' });
  await on.scene.worker('only', { concurrency: 20 });
  await wait(LISTED_MS);
  return jobs;
}

const killAndRestart = () =>
  on.scene.strikeAll(async () => {
    await on.node.kill();
    await on.node.start();
  });

describe('a broker that is killed with -9', () => {
  it('loses no job that was accepted, is being enqueued, or runs', async () => {
    const jobs = await producerAndWorker();
    await on.scene.enqueue(jobs, 300, { ms: 10 });
    const rest = on.scene.enqueueUntilAccepted(jobs, 300, { ms: 10 });
    await on.scene.untilFinished(50);
    await killAndRestart();
    await rest;
    await on.scene.untilFinished(600);
    expect(on.scene.outcome()).toMatchObject({ enqueued: 600, completed: 600, dead: 0, lost: 0 });
    await on.scene.drainWorkers();
  }, 120_000);

  it('keeps the jobs that wait for their time or for their next attempt', async () => {
    const jobs = await producerAndWorker();
    await on.scene.enqueue(jobs, 50, {}, { delay: '3s' });
    await on.scene.enqueue(jobs, 50, {}, { delay: '10s' });
    await on.scene.enqueue(jobs, 100, { fate: 'failOnce' });
    await on.scene.untilFinished(20);
    await killAndRestart();
    await on.scene.untilFinished(200);
    expect(on.scene.outcome()).toMatchObject({ enqueued: 200, completed: 200, dead: 0, lost: 0 });
    await on.scene.drainWorkers();
  }, 120_000);

  it('is waited for by a worker that boots while it is away', async () => {
    const jobs = await on.scene.producer();
    await on.scene.enqueue(jobs, 20);
    await wait(LISTED_MS);
    await on.node.kill();
    const worker = on.scene.spawnWorker('early');
    await until(() => /cannot be reached: .*ECONNREFUSED/.test(worker.output), 'the worker finds no broker');
    await on.node.start();
    await on.scene.untilFinished(20);
    expect(on.scene.outcome()).toEqual({ enqueued: 20, completed: 20, duplicates: 0, dead: 0, lost: 0 });
    await on.scene.drainWorkers();
  }, 120_000);
});
