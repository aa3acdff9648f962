import { buildLibraries } from '../support/build.js';
import { FaultScene, QUEUE } from '../support/fault-scene.js';
import { rabbitmqUrl } from '../support/services.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/** Real processes die; afterwards the ledger of their handlers holds every job that was accepted. */

let scene: FaultScene;

beforeAll(() => buildLibraries(), 120_000);
beforeEach(() => {
  scene = new FaultScene([rabbitmqUrl()]);
});
afterEach(() => scene.end());

describe('a worker that is killed with -9', () => {
  it('loses no job that it runs, and none runs to its end twice', async () => {
    const jobs = await scene.producer();
    await scene.enqueue(jobs, 100, { hold: 'go' });
    const first = await scene.worker('first');
    await until(() => scene.startedCount === 10, 'ten jobs run');
    await scene.strike(first.pid, () => first.end('SIGKILL'));
    scene.release('go');
    await scene.worker('second', { concurrency: 50 });
    await scene.untilFinished(100);
    expect(scene.outcome()).toEqual({ enqueued: 100, completed: 100, duplicates: 0, dead: 0, lost: 0 });
    const runs = scene.reader.runsOf((job) => scene.reader.started.get(job) === 2);
    expect(runs.size).toBe(10);
    for (const [begun, again] of runs.values()) {
      expect(begun).toMatchObject({ pid: first.pid, endedAt: undefined, attempt: 1 });
      expect(again).toMatchObject({ isFinished: true, attempt: 1 });
    }
  });

  it('loses nothing in the midst of short jobs, acks and retries', async () => {
    const jobs = await scene.producer();
    await scene.enqueue(jobs, 1_000, { ms: 5 });
    await scene.enqueue(jobs, 100, { fate: 'failOnce' });
    for (const [index, share] of [300, 700].entries()) {
      const worker = await scene.worker(`killed-${index}`, { concurrency: 20 });
      await scene.untilFinished(share);
      await scene.strike(worker.pid, () => worker.end('SIGKILL'));
    }
    await scene.worker('last', { concurrency: 50 });
    await scene.untilFinished(1_100);
    expect(scene.outcome()).toMatchObject({ enqueued: 1_100, completed: 1_100, dead: 0, lost: 0 });
  });
});

describe('a job that ends its process', () => {
  it.each([
    ['by process.exit', 'exit', 1],
    ['by a segmentation fault', 'segfault', null],
    ['by running out of memory', 'outOfMemory', null],
  ] as const)(
    '%s comes back deliveryLimit times, then is dead as poison',
    async (_how, fate, exitCode) => {
      const queue = { deliveryLimit: 2 };
      const jobs = await scene.producer({ queue });
      const [poison] = await scene.enqueue(jobs, 1, { fate });
      const letters = () => jobs.deadLetters(QUEUE).list();
      for (let run = 1; run <= 3; run += 1) {
        const nodeArgs = ['--max-old-space-size=64'];
        const worker = scene.spawnWorker(`run-${run}`, { concurrency: 1, queue, nodeArgs });
        expect(await worker.exited).toBe(exitCode);
        expect(scene.reader.read().started.get(poison!)).toBe(run);
      }
      await scene.enqueue(jobs, 20);
      await scene.worker('last', { concurrency: 1, queue });
      await scene.untilFinished(20);
      await until(async () => (await letters()).length === 1, 'the job is dead');
      expect(await letters()).toMatchObject([{ id: `soak-${poison}`, reason: 'poison', type: 'soak:job' }]);
      expect(scene.reader.read().started.get(poison!)).toBe(3);
      expect(scene.outcome([poison!])).toEqual({
        enqueued: 21,
        completed: 20,
        duplicates: 0,
        dead: 1,
        lost: 0,
      });
    },
    180_000,
  );
});

describe('connections that are cut', () => {
  it('lose none of 500 jobs, neither those enqueued nor those that run', async () => {
    const [ofProducer, ofWorker] = [await TcpProxy.start(rabbitmqUrl()), await TcpProxy.start(rabbitmqUrl())];
    scene.onEnd(() => ofProducer.refuse());
    scene.onEnd(() => ofWorker.refuse());
    const jobs = await scene.producer({ url: ofProducer.url });
    const worker = await scene.worker('cut', { urls: [ofWorker.url], concurrency: 20 });
    await scene.enqueue(jobs, 100, { ms: 10 });
    const rest = scene.enqueue(jobs, 400, { ms: 10 });
    await scene.strike('producer', () => ofProducer.cut());
    for (const share of [50, 150, 250, 350, 450]) {
      await scene.untilFinished(share);
      await scene.strike(worker.pid, () => ofWorker.cut());
    }
    await rest;
    await scene.untilFinished(500);
    expect(scene.outcome()).toMatchObject({ enqueued: 500, completed: 500, dead: 0, lost: 0 });
    expect(ofProducer.accepted).toBeGreaterThan(2);
    expect(ofWorker.accepted).toBeGreaterThanOrEqual(10);
    expect(await worker.end('SIGTERM')).toBe(0);
  });
});

describe('a worker that stands still for longer than its heartbeat', () => {
  it('has its jobs run elsewhere, and works again when it goes on', async () => {
    const jobs = await scene.producer();
    const stopped = await scene.worker('stopped', { heartbeat: '1s' });
    const held = await scene.enqueue(jobs, 10, { hold: 'go' });
    await until(() => scene.startedCount === 10, 'ten jobs run');
    const from = Date.now();
    stopped.signal('SIGSTOP');

    const other = await scene.worker('other');
    await until(
      () => held.every((job) => (scene.reader.read().started.get(job) ?? 0) > 1),
      'all run elsewhere',
    );
    stopped.signal('SIGCONT');
    scene.faults.push({ pid: stopped.pid, from, to: Date.now() });
    scene.release('go');
    await scene.untilFinished(10);
    expect(await other.end('SIGTERM')).toBe(0);

    await scene.enqueue(jobs, 20);
    await scene.untilFinished(30);
    expect(scene.outcome()).toMatchObject({ enqueued: 30, completed: 30, dead: 0, lost: 0 });
    const late = scene.reader.runsOf((job) => job >= 10);
    for (const runs of late.values()) expect(runs).toMatchObject([{ pid: stopped.pid }]);
    expect(await stopped.end('SIGTERM')).toBe(0);
  });
});
