import { fixed } from '../kernel/backoff.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { Collector } from '../testing/contract/collector.js';
import { startHarness, type Harness, type HarnessHandler } from '../testing/harness.js';
import { ManualClock, settled } from '../testing/manual-clock.js';
import { until } from '../testing/until.js';

let harness: Harness;
let clock: ManualClock;
/** Payloads of jobs, in the order of their starts. */
let ran: unknown[];
let release: Array<() => void>;

const QUEUES = { email: { priorities: 3, priorityPolicy: 'strict' } } as const;
const quick: HarnessHandler = { type: 'email:new', run: (payload) => void ran.push(payload) };
const slow: HarnessHandler = {
  type: 'email:new',
  run: (payload) => {
    ran.push(payload);
    return new Promise<void>((resolve) => release.push(resolve));
  },
};

async function start(options: object = {}, handlers = [quick], more: object = {}): Promise<void> {
  harness = await startHarness({ clock, handlers, options: { queues: QUEUES, ...options }, ...more });
}

const enqueue = (payload: unknown, options: object = {}) =>
  harness.jobs.enqueue('email:new', payload, options);

/** Lanes that begin are waited for, and the queue's jobs run out. */
async function runAll(): Promise<void> {
  for (let step = 0; step < 20; step += 1) await clock.advance(200);
}

beforeEach(() => {
  clock = new ManualClock();
  ran = [];
  release = [];
});

afterEach(async () => {
  for (const done of release) done();
  await harness.close();
});

describe('jobs of a queue with priorities', () => {
  it('run the highest first, and in order within a level', async () => {
    await start({ worker: { concurrency: 1 } }, [quick], { start: false });
    for (const priority of ['low', undefined, 'high', 0, 'normal', 2]) {
      await enqueue(priority ?? 'none', { priority });
    }
    await harness.warren.start();
    await runAll();
    expect(ran).toEqual(['high', 2, 'none', 'normal', 'low', 0]);
  });

  it('keep their priority when they are delayed, retried, and returned from the dead letters', async () => {
    let runs = 0;
    const failing: HarnessHandler = {
      type: 'email:new',
      options: { attempts: 2, backoff: fixed('1s', { jitter: 'none' }) },
      run: (payload) => {
        runs += 1;
        if (payload === 'failing' && runs <= 2) throw new Error('no');
        ran.push(payload);
      },
    };
    await start({ worker: { concurrency: 1, autoStart: false } }, [failing]);
    await enqueue('failing', { priority: 'high', delay: '1s' });
    await clock.advance(1_000);
    expect(await levels()).toEqual([0, 0, 1]);
    await harness.warren.startWorker();
    await harness.recorder.next('retryScheduled');
    await clock.advance(2_000);
    await harness.recorder.next('failed');
    const pausing = harness.jobs.queues.pause('email');
    await runAll();
    await pausing;
    await until(async () => (await harness.broker.stats('email')).deadLetters === 1, 'it is dead');
    await harness.jobs.deadLetters('email').requeue({ all: true });
    expect(await levels()).toEqual([0, 0, 1]);
  });

  it('keep it when they are retried by their id', async () => {
    const store = new MemoryJobStore({ clock });
    await start({ store, worker: { autoStart: false } });
    const { id } = await enqueue('a', { priority: 'low' });
    expect((await harness.jobs.get(id))?.priority).toBe(0);
    await harness.jobs.cancel(id);
    await harness.jobs.retry(id);
    expect(await levels()).toEqual([2, 0, 0]);
    const normal = await enqueue('b', { priority: 'normal' });
    expect((await harness.jobs.get(normal.id))?.priority).toBeUndefined();
  });

  it('go back to their level, spending nothing, when they wait here in vain', async () => {
    await start({ worker: { concurrency: 2 } }, [slow]);
    await runAll();
    for (const payload of ['a', 'b', 'c', 'd']) await enqueue(payload, { priority: 'low' });
    for (let step = 0; step < 3; step += 1) await enqueue(`high ${step}`, { priority: 'high' });
    await clock.advance(3_000);
    expect(ran).toHaveLength(2);
    expect((await levels()).reduce((sum, ready) => sum + ready, 0)).toBe(5);
    const other = await harness.another({
      handlers: [quick],
      options: { queues: QUEUES, worker: { concurrency: 2 } },
    });
    await runAll();
    expect(ran).toHaveLength(7);
    expect(other.recorder.all('completed').every(({ attempt }) => attempt === 1)).toBe(true);
    expect(harness.recorder.all('retryScheduled')).toEqual([]);
  });

  it('wait while their queue is paused, and go on after it', async () => {
    await start({ worker: { concurrency: 1 } }, [slow]);
    await runAll();
    for (let count = 0; count < 4; count += 1) await enqueue(count, { priority: 'high' });
    await clock.advance(200);
    const pausing = harness.jobs.queues.pause('email');
    await runAll();
    await pausing;
    expect(await levels()).toEqual([0, 0, 3]);
    release.shift()!();
    await harness.recorder.next('completed');
    await runAll();
    expect(ran).toEqual([0]);
    const resuming = harness.jobs.queues.resume('email');
    await runAll();
    await resuming;
    expect(ran).toHaveLength(2);
  });

  it('are given back by a shutdown, those that wait and those that run', async () => {
    await start({ worker: { concurrency: 1, shutdownTimeout: 0 } }, [slow]);
    await runAll();
    for (let count = 0; count < 4; count += 1) await enqueue(count, { priority: 'low' });
    await clock.advance(200);
    expect(ran).toEqual([0]);
    const draining = harness.warren.drain();
    await clock.advance(5_000);
    await draining;
    await clock.advance(200);
    expect(await levels()).toEqual([4, 0, 0]);
  });

  it('come again when their channel dies', async () => {
    await start({ worker: { concurrency: 1 } }, [slow]);
    await runAll();
    for (let count = 0; count < 3; count += 1) await enqueue(count);
    await clock.advance(200);
    harness.loseConsumers('email');
    await settled();
    for (let step = 0; step < 8; step += 1) {
      release.shift()?.();
      await clock.advance(500);
    }
    expect(new Set(ran)).toEqual(new Set([0, 1, 2]));
  });

  it('run as many at once as the queue says, also when that is changed', async () => {
    await start({ worker: { concurrency: 2 } }, [slow]);
    await runAll();
    for (let count = 0; count < 9; count += 1) await enqueue(count, { priority: count % 3 });
    await clock.advance(100);
    expect(ran).toHaveLength(2);
    const configuring = harness.jobs.queues.configure('email', { concurrency: 5 });
    await runAll();
    await configuring;
    expect(ran).toHaveLength(5);
    expect(harness.warren.runningCount).toBe(5);
  });
});

describe('a priority', () => {
  it('is refused by a queue that has none, and above its highest level', async () => {
    await start();
    await expect(enqueue(1, { priority: 3 })).rejects.toThrow(
      /3 is above the highest level of queue 'email'/,
    );
    await expect(harness.jobs.enqueue('pdf:new', 1, { priority: 'high' })).rejects.toThrow(
      /queue 'pdf' has no priorities here/,
    );
    await expect(enqueue(1, { priority: 'urgent' })).rejects.toThrow(
      /"urgent" is not 'high', 'normal', 'low'/,
    );
    await expect(enqueue(1, { priority: -1 })).rejects.toThrow(/-1 is not 'high'/);
  });
});

describe('a cap of a handler', () => {
  it('that is not there fails the boot', async () => {
    const worker = { handlers: { 'email:neww': { concurrency: 1 } } };
    await expect(start({ worker })).rejects.toThrow(
      /worker\.handlers\.email:neww: there is no @JobHandler\('email:neww'\) here\. Did you mean 'email:new'\?/,
    );
    await start();
  });
});

describe('queues with weights', () => {
  const worker = {
    concurrency: 10,
    queues: { critical: { weight: 10 }, bulk: { weight: 1, concurrency: 4 } },
  };
  const of = (type: string): HarnessHandler => ({ ...slow, type });

  it('share the slots of the worker, and one alone has all that its own concurrency allows', async () => {
    await start({ worker, queues: {} }, [of('critical:job'), of('bulk:job')]);
    await runAll();
    for (let count = 0; count < 20; count += 1) await harness.jobs.enqueue('bulk:job', 'bulk');
    await clock.advance(200);
    expect(ran).toHaveLength(4);
    for (let count = 0; count < 20; count += 1) await harness.jobs.enqueue('critical:job', 'critical');
    await clock.advance(200);
    expect(ran.filter((payload) => payload === 'critical')).toHaveLength(6);
    expect(harness.warren.runningCount).toBe(10);
  });

  it('cap a handler below its queue', async () => {
    const handlers = { 'bulk:job': { concurrency: 1 } };
    await start({ worker: { concurrency: 5, handlers }, queues: {} }, [of('bulk:job'), of('bulk:other')]);
    await runAll();
    for (let count = 0; count < 3; count += 1) await harness.jobs.enqueue('bulk:job', 'capped');
    for (let count = 0; count < 3; count += 1) await harness.jobs.enqueue('bulk:other', 'other');
    await clock.advance(200);
    expect([...ran].sort()).toEqual(['capped', 'other', 'other', 'other']);
  });
});

/** Jobs that wait, the lowest level first. */
async function levels(): Promise<number[]> {
  const counts: number[] = [];
  for (const priority of [0, 1, 2]) {
    const collector = new Collector();
    const consumption = await harness.broker.consume('email', { prefetch: 1_000, priority }, collector);
    await settled();
    await consumption.stop();
    for (const { settlement } of collector.deliveries) settlement.giveBack();
    counts.push(collector.deliveries.length);
  }
  return counts;
}
