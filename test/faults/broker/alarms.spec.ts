import { setTimeout as wait } from 'node:timers/promises';
import { privateScene } from '../../support/private-scene.js';
import { until } from '../../support/until.js';

/** The broker blocks publishers over memory or disk, and takes publishes again later. */

const on = privateScene();

const ALARMS = {
  memory: {
    on: ['set_vm_memory_high_watermark', '0'],
    off: ['set_vm_memory_high_watermark', '0.6'],
  },
  disk: {
    on: ['set_disk_free_limit', '1000000GB'],
    off: ['set_disk_free_limit', '50MB'],
  },
} as const;

type Alarm = keyof typeof ALARMS;

const raised = new Set<Alarm>();

async function raise(alarm: Alarm): Promise<void> {
  raised.add(alarm);
  await on.node.ctl(...ALARMS[alarm].on);
}

async function clear(alarm: Alarm): Promise<void> {
  await on.node.ctl(...ALARMS[alarm].off);
  raised.delete(alarm);
}

afterEach(async () => {
  for (const alarm of raised) await clear(alarm);
});

/** Whether it is still open. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  return (await Promise.race([promise, wait(0, open)])) === open;
}

describe.each(['memory', 'disk'] as const)('a %s alarm', (alarm) => {
  it('lets jobs run, makes enqueues wait, and loses none', async () => {
    const { scene } = on;
    const jobs = await scene.producer({ publishTimeout: '60s' });
    await scene.worker('only', { concurrency: 5 });
    await scene.enqueue(jobs, 100, { ms: 20 });
    await raise(alarm);
    const waiting = scene.enqueue(jobs, 100);
    await scene.untilFinished(100);
    expect(await isPending(waiting)).toBe(true);
    await clear(alarm);
    await waiting;
    await scene.untilFinished(200);
    expect(scene.outcome()).toEqual({ enqueued: 200, completed: 200, duplicates: 0, dead: 0, lost: 0 });
    await scene.drainWorkers();
  });

  it('holds back retries, which go out when it is over', async () => {
    const { scene } = on;
    const jobs = await scene.producer();
    const worker = await scene.worker('only', { concurrency: 20 });
    await scene.enqueue(jobs, 100, { fate: 'failOnce', hold: 'go' });
    await scene.untilStarted(20);
    await raise(alarm);
    scene.release('go');
    await until(() => worker.output.includes('takes no publishes for now'), 'the worker is blocked');
    expect(scene.finishedCount).toBe(0);
    await clear(alarm);
    await scene.untilFinished(100);
    expect(scene.outcome()).toEqual({ enqueued: 100, completed: 100, duplicates: 0, dead: 0, lost: 0 });
    await scene.drainWorkers();
  });
});

describe('an alarm that lasts longer than publishTimeout', () => {
  it('fails enqueues in time, of queues that are not declared yet, too', async () => {
    const { scene } = on;
    const jobs = await scene.producer({ publishTimeout: '1s' });
    await scene.enqueue(jobs, 1);
    await raise('memory');
    // The broker says that it blocks when the first publish comes: what became of that one is open.
    await expect(jobs.enqueue('soak:job', {})).rejects.toMatchObject({ code: 'WARREN_PUBLISH_TIMEOUT' });
    for (const type of ['soak:job', 'fresh:job']) {
      const startedAt = Date.now();
      await expect(jobs.enqueue(type, {})).rejects.toMatchObject({
        code: 'WARREN_NOT_CONNECTED',
        message: expect.stringContaining('blocks publishers') as string,
      });
      expect(Date.now() - startedAt).toBeLessThan(5_000);
    }
    // Operators look just then.
    expect(await jobs.deadLetters('soak').list()).toEqual([]);
    await clear('memory');
    await until(
      () =>
        jobs.enqueue('fresh:job', {}).then(
          () => true,
          () => false,
        ),
      'it takes jobs again',
    );
  });

  it('keeps what cannot be retried, and makes no poison of it', async () => {
    const { scene } = on;
    // Given back, a job would come to an end here, before 4.3.
    const queue = { deliveryLimit: 1 };
    const jobs = await scene.producer({ queue });
    // Above what a busy broker takes for a confirm, which is not what is tried here.
    const worker = await scene.worker('only', { concurrency: 20, queue, publishTimeout: '3s' });
    await scene.enqueue(jobs, 20, { fate: 'failOnce', hold: 'go' });
    await scene.untilStarted(20);
    // What was sent before the broker said that it blocks, it reads when it is over: then there are two of the job.
    await scene.strike(worker.pid, async () => {
      await raise('disk');
      scene.release('go');
      await until(() => worker.output.includes('takes no publishes for now'), 'the worker is blocked');
      // Long enough to be given back twice.
      await wait(9_000);
      await clear('disk');
    });
    await scene.untilFinished(20);
    expect(scene.outcome()).toMatchObject({ enqueued: 20, completed: 20, dead: 0, lost: 0 });
    expect(worker.output).not.toContain('the job was given back');
    await scene.drainWorkers();
  });

  it('does not keep a worker from ending in time', async () => {
    const { scene } = on;
    const jobs = await scene.producer();
    const worker = await scene.worker('blocked', {
      shutdownTimeout: '1s',
      publishTimeout: '1s',
      concurrency: 20,
    });
    await scene.enqueue(jobs, 10, { fate: 'failOnce', hold: 'fail' });
    await scene.enqueue(jobs, 10, { hold: 'go' });
    await scene.untilStarted(20);
    await scene.strike(worker.pid, async () => {
      await raise('disk');
      scene.release('fail');
      await until(() => worker.output.includes('takes no publishes for now'), 'the worker is blocked');
      expect(await worker.end('SIGTERM')).toBe(0);
      await clear('disk');
    });
    scene.release('go');
    await scene.worker('next');
    await scene.untilFinished(20);
    expect(scene.outcome()).toMatchObject({ enqueued: 20, completed: 20, dead: 0, lost: 0 });
  });
});
