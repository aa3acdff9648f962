import { setTimeout as wait } from 'node:timers/promises';
import { privateScene } from '../../support/private-scene.js';
import { until } from '../../support/until.js';

/** The node stands still: its connections stay open, and nothing answers. */

const HEARTBEAT = '1s';
/** Two missed heartbeats and a reserve: amqplib gives up then. */
const PAST_HEARTBEAT = /is lost: Heartbeat timeout/;

const on = privateScene();

describe('a broker that stands still', () => {
  it('for longer than the heartbeat is noticed, and loses nothing when it goes on', async () => {
    const jobs = await on.scene.producer({ connectionHeartbeat: HEARTBEAT, publishTimeout: '30s' });
    const worker = await on.scene.worker('only', { concurrency: 20, heartbeat: HEARTBEAT });
    await on.scene.enqueue(jobs, 100, { ms: 5 });
    await on.scene.enqueue(jobs, 20, { hold: 'go' });
    await on.scene.untilStarted(101);
    const rest = on.scene.strikeAll(async () => {
      on.node.freeze();
      await until(() => PAST_HEARTBEAT.test(worker.output), 'the worker misses the heartbeat');
      on.node.thaw();
    });
    const more = on.scene.enqueueUntilAccepted(jobs, 100, { ms: 5 });
    await rest;
    await more;
    on.scene.release('go');
    await on.scene.untilFinished(220);
    expect(on.scene.outcome()).toMatchObject({ enqueued: 220, completed: 220, dead: 0, lost: 0 });
    await on.scene.drainWorkers();
  });

  it('for less than the heartbeat costs nothing but time', async () => {
    const jobs = await on.scene.producer();
    await on.scene.worker('only', { concurrency: 20 });
    await on.scene.enqueue(jobs, 100, { ms: 5 });
    await on.scene.untilFinished(10);
    on.node.freeze();
    const more = on.scene.enqueue(jobs, 100, { ms: 5 });
    await wait(2_000);
    on.node.thaw();
    await more;
    await on.scene.untilFinished(200);
    expect(on.scene.outcome()).toEqual({ enqueued: 200, completed: 200, duplicates: 0, dead: 0, lost: 0 });
    await on.scene.drainWorkers();
  });
});
