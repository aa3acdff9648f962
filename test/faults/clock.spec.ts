import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildLibraries } from '../support/build.js';
import { FaultScene } from '../support/fault-scene.js';
import { rabbitmqUrl } from '../support/services.js';
import type { SoakWorker } from '../support/soak-worker.js';
import { until } from '../support/until.js';

/** The hour of a worker is wrong, or is set while it works. The ledger's own times do not move with it. */

const HOUR_MS = 3_600_000;
const WITH_SHIFT = { nodeArgs: ['--import', './test/faults/clock-shift.mjs'] };
/** Ample for a busy machine, and far below the shift. */
const LATE_MS = 20_000;

let scene: FaultScene;

beforeAll(() => buildLibraries(), 120_000);
beforeEach(() => {
  scene = new FaultScene([rabbitmqUrl()]);
});
afterEach(() => scene.end());

const setHour = (shiftMs: number) => writeFileSync(join(scene.folder, 'clock-shift'), String(shiftMs));

async function shift(worker: SoakWorker, shiftMs: number): Promise<void> {
  setHour(shiftMs);
  worker.signal('SIGWINCH');
  await until(
    () => worker.output.includes(`the hour is set by ${shiftMs} ms`),
    'the worker has another hour',
  );
}

describe.each([
  ['an hour ahead', HOUR_MS],
  ['an hour behind', -HOUR_MS],
])('a worker whose clock is %s', (_, shiftMs) => {
  it('runs delayed jobs and retries when they are due', async () => {
    const jobs = await scene.producer();
    setHour(shiftMs);
    await scene.worker('only', { concurrency: 20, ...WITH_SHIFT });
    const enqueuedAt = Date.now();
    await scene.enqueue(jobs, 20, { fate: 'failOnce' }, { delay: '2s' });
    await scene.untilFinished(20);
    for (const runs of scene.reader.runsOf(() => true).values()) {
      const [first, second] = runs;
      expect(runs).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
      expect(first!.startedAt - enqueuedAt).toBeGreaterThanOrEqual(2_000);
      // Half of the backoff at least.
      expect(second!.startedAt - first!.endedAt!).toBeGreaterThanOrEqual(50);
      expect(second!.startedAt - enqueuedAt).toBeLessThan(LATE_MS);
    }
    expect(scene.outcome()).toEqual({ enqueued: 20, completed: 20, duplicates: 0, dead: 0, lost: 0 });
    await scene.drainWorkers();
  });
});

describe.each([
  ['forth', HOUR_MS],
  ['back', -HOUR_MS],
])('a clock that is set %s by an hour while jobs run', (_, shiftMs) => {
  it('moves neither their timeouts nor their retries, and no job is lost', async () => {
    const jobs = await scene.producer();
    const worker = await scene.worker('only', { concurrency: 30, timeout: '4s', ...WITH_SHIFT });
    const late = await scene.enqueue(jobs, 5, { hold: 'never' });
    await scene.untilStarted(5);
    await shift(worker, shiftMs);
    // Shorter than the timeout: it must not end them before its time.
    const short = await scene.enqueue(jobs, 10, { ms: 1_000 });
    await scene.enqueue(jobs, 10, { fate: 'failOnce' });
    await scene.enqueue(jobs, 5, {}, { delay: '1s' });
    await scene.untilFinished(25);
    await until(() => late.every((job) => (scene.reader.read().started.get(job) ?? 0) > 1), 'all timed out');
    scene.release('never');
    await scene.untilFinished(30);
    expect(scene.outcome()).toEqual({ enqueued: 30, completed: 30, duplicates: 0, dead: 0, lost: 0 });
    for (const job of short) expect(scene.reader.started.get(job)).toBe(1);
    for (const [first, second] of scene.reader.runsOf((job) => late.includes(job)).values()) {
      expect(second!.startedAt - first!.startedAt).toBeGreaterThanOrEqual(4_000);
      expect(second!.startedAt - first!.startedAt).toBeLessThan(LATE_MS);
    }
    await scene.drainWorkers();
  });
});
