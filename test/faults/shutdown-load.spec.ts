import { setTimeout as wait } from 'node:timers/promises';
import type { JobQueue } from 'nestjs-warren';
import { buildLibraries } from '../support/build.js';
import { FaultScene } from '../support/fault-scene.js';
import { rabbitmqUrl } from '../support/services.js';
import type { SoakWorker, SoakWorkerOptions } from '../support/soak-worker.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/** Workers under load are told to stop: no job is lost, and none that completed runs again. */

/** Signals that come closer to one another count as one. */
const SAME_SIGNAL_MS = 300;

/** On a busy machine, whose processes take seconds to start. */
const SIX_PROCESSES_MS = 180_000;

let scene: FaultScene;
let jobs: JobQueue;

beforeAll(() => buildLibraries(), 120_000);
beforeEach(async () => {
  scene = new FaultScene([rabbitmqUrl()]);
  jobs = await scene.producer();
});
afterEach(() => scene.end());

const startWorker = (name: string, options: Partial<SoakWorkerOptions> = {}): Promise<SoakWorker> =>
  scene.worker(name, { concurrency: 100, ...options });

const untilDraining = (worker: SoakWorker): Promise<void> =>
  until(() => worker.output.includes('Worker drains'), 'the worker takes no more jobs');

/** Jobs that were started more often than once. */
const startedAgain = (): number =>
  [...scene.reader.read().started.values()].filter((times) => times > 1).length;

const once = (count: number) => ({ enqueued: count, completed: count, duplicates: 0, dead: 0, lost: 0 });

describe('a worker with 100 running jobs and 1,000 behind them', () => {
  let worker: SoakWorker;
  beforeEach(async () => {
    await scene.enqueue(jobs, 1_100, { hold: 'go' });
    worker = await startWorker('first');
    await scene.untilStarted(100);
  });

  async function runTheRest(): Promise<void> {
    scene.release('go');
    await startWorker('second');
    await scene.untilFinished(1_100);
    expect(scene.outcome()).toEqual(once(1_100));
  }

  it('finishes those that run when it is told to stop, and starts none of the others', async () => {
    worker.signal('SIGTERM');
    await untilDraining(worker);
    scene.release('go');
    expect(await worker.exited).toBe(0);
    expect(scene.finishedCount).toBe(100);
    expect(scene.startedCount).toBe(100);
    await runTheRest();
    expect(startedAgain()).toBe(0);
  });

  it('ends at once at the second signal; those that ran run again elsewhere', async () => {
    worker.signal('SIGTERM');
    await untilDraining(worker);
    await wait(SAME_SIGNAL_MS);
    worker.signal('SIGTERM');
    expect(await worker.exited).toBe(1);
    expect(worker.output).toContain('A second signal (SIGTERM)');
    expect(scene.finishedCount).toBe(0);
    await runTheRest();
    expect(startedAgain()).toBe(100);
  });

  it('takes a signal that comes twice in a moment, as npm and `nest start` pass it on, for one', async () => {
    worker.signal('SIGINT');
    worker.signal('SIGINT');
    worker.signal('SIGTERM');
    await untilDraining(worker);
    scene.release('go');
    expect(await worker.exited).toBe(0);
    expect(scene.finishedCount).toBe(100);
  });
});

describe('workers that are replaced one after another while thousands of short jobs pass', () => {
  it(
    'run each job once: what completed is acked before the process ends',
    async () => {
      await scene.enqueue(jobs, 6_000, { ms: 3 });
      for (let round = 1; round <= 5; round += 1) {
        const worker = await startWorker(`round-${round}`);
        await scene.untilFinished(round * 1_000);
        expect(await worker.end('SIGTERM')).toBe(0);
      }
      await startWorker('last');
      await scene.untilFinished(6_000);
      expect(scene.outcome()).toEqual(once(6_000));
      expect(startedAgain()).toBe(0);
    },
    SIX_PROCESSES_MS,
  );
});

describe('a worker that is told to stop while it cannot reach the broker', () => {
  let proxy: TcpProxy;
  beforeEach(async () => {
    proxy = await TcpProxy.start(rabbitmqUrl());
    scene.onEnd(() => proxy.refuse());
  });

  it('ends with 0 when the connection is gone; its jobs run elsewhere', async () => {
    await scene.enqueue(jobs, 200, { hold: 'go' });
    const worker = await startWorker('cut-off', { urls: [proxy.url] });
    await scene.untilStarted(100);
    await proxy.refuse();
    expect(await worker.end('SIGTERM')).toBe(0);
    scene.release('go');
    await startWorker('second');
    await scene.untilFinished(200);
    expect(scene.outcome()).toEqual(once(200));
  });

  it('ends with 0 when the broker is silent; its jobs run elsewhere', async () => {
    await scene.enqueue(jobs, 200, { hold: 'go' });
    const worker = await startWorker('stalled', { urls: [proxy.url] });
    await scene.untilStarted(100);
    await scene.strike(worker.pid, async () => {
      proxy.stall();
      worker.signal('SIGTERM');
      scene.release('go');
      expect(await worker.exited).toBe(0);
    });
    await startWorker('second');
    await scene.untilFinished(200);
    expect(scene.outcome()).toMatchObject({ completed: 200, dead: 0, lost: 0 });
  });

  it('ends with 0 when there never was a connection', async () => {
    await proxy.refuse();
    const worker = await startWorker('never-connected', { urls: [proxy.url] });
    expect(await worker.end('SIGTERM')).toBe(0);
  });

  it('ends with 0 when it boots while the broker says nothing', async () => {
    proxy.swallow();
    const worker = scene.spawnWorker('swallowed', { urls: [proxy.url] });
    await until(() => proxy.accepted > 0, 'the worker connects');
    expect(await worker.end('SIGTERM')).toBe(0);
  });
});
