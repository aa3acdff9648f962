import type { JobsOptions } from '../options/module.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { startHarness, type Harness, type HarnessHandler } from '../testing/harness.js';
import { ManualClock } from '../testing/manual-clock.js';

/** Limits over all workers, changed while jobs run, in two processes on one store. */

let clock: ManualClock;
let store: MemoryJobStore;
let first: Harness;
let ends: Array<() => void>;
let starts: number[];

const handlers: readonly HarnessHandler[] = [
  {
    type: 'pdf:',
    run: () => {
      starts.push(clock.now());
      return new Promise<void>((resolve) => ends.push(resolve));
    },
  },
];

const setup = (options: JobsOptions) => ({
  handlers,
  options: { store: store.connect(), worker: { concurrency: 10 }, ...options },
});

async function start(options: JobsOptions = {}): Promise<void> {
  clock = new ManualClock();
  store = new MemoryJobStore({ clock });
  ends = [];
  starts = [];
  first = await startHarness({ ...setup(options), clock });
  await first.another(setup(options));
}

async function enqueue(count: number): Promise<void> {
  await first.jobs.enqueueMany(Array.from({ length: count }, () => ({ job: 'pdf:render', payload: {} })));
  await clock.advance(100);
}

/** All that run, and those that take their places until nothing else starts. */
async function endOnes(count: number): Promise<void> {
  for (const end of ends.splice(0, count)) end();
  await clock.advance(2_000);
}

afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await first.close();
});

describe('maxConcurrent of a queue', () => {
  it('is raised and lowered at once for all workers, lifted by null, and as the options say after a reset', async () => {
    await start({ queues: { pdf: { maxConcurrent: 2 } } });
    await enqueue(60);
    expect(ends).toHaveLength(2);
    expect(await first.jobs.queues.configure('pdf', { maxConcurrent: 5 })).toBe('kept');
    await clock.advance(100);
    expect(ends).toHaveLength(5);
    await first.jobs.queues.configure('pdf', { maxConcurrent: 1 });
    await endOnes(4);
    expect(ends).toHaveLength(1);
    await endOnes(1);
    expect(ends).toHaveLength(1);
    await first.jobs.queues.configure('pdf', { maxConcurrent: null });
    await clock.advance(60_000);
    expect(ends).toHaveLength(20);
    await first.jobs.queues.reset('pdf', 'maxConcurrent');
    await endOnes(20);
    expect(ends).toHaveLength(2);
  });

  it('can be given to one that has none, and holds in processes that start later', async () => {
    await start();
    await first.jobs.queues.configure('pdf', { maxConcurrent: 3 });
    await clock.advance(2_000);
    await first.another(setup({}));
    await enqueue(30);
    expect(ends).toHaveLength(3);
    expect(await store.limits.configured()).toEqual(
      new Map([['maxConcurrent of queue pdf', { kind: 'slots', limit: 3 }]]),
    );
    await first.jobs.queues.reset('pdf');
    expect(await store.limits.configured()).toEqual(new Map());
    await clock.advance(60_000);
    expect(ends).toHaveLength(30);
  });
});

describe('rateLimit of a queue', () => {
  it('is given, changed and taken back while jobs wait', async () => {
    await start();
    await first.jobs.queues.configure('pdf', { rateLimit: { max: 1, per: '10s' } });
    await enqueue(6);
    await clock.advance(21_000);
    expect(starts).toHaveLength(3);
    await first.jobs.queues.configure('pdf', { rateLimit: { max: 10, per: '1s', burst: 1 } });
    await clock.advance(60_000);
    expect(starts).toHaveLength(6);
  });
});

describe('limits of a type', () => {
  it('are those of the handler for that type or prefix', async () => {
    await start();
    await first.jobs.types.configure('pdf:', { maxConcurrent: 4 });
    await enqueue(20);
    expect(ends).toHaveLength(4);
    await first.jobs.types.reset('pdf:');
    await clock.advance(60_000);
    expect(ends).toHaveLength(20);
  });
});

describe('limits of run time', () => {
  it('stand in the view of the queue, beside the concurrency of the worker', async () => {
    const key = () => 'one';
    await start({ queues: { pdf: { maxConcurrent: 2, concurrency: { limit: 9, key } } } });
    await first.jobs.queues.configure('pdf', { maxConcurrent: 5 });
    expect((await first.jobs.queues.view('pdf')).settings).toMatchObject({
      maxConcurrent: { value: 5, origin: 'override', beneath: { value: 2, origin: 'queue' } },
      rateLimit: { value: undefined, origin: 'built-in' },
      concurrency: { value: 10, origin: 'module' },
      concurrencyByKey: { value: { limit: 9, key }, origin: 'queue' },
    });
  });

  it.each([
    [{ maxConcurrent: 0 }, /maxConcurrent: 0 is not a whole number/],
    [{ rateLimit: { max: 5 } }, /rateLimit\.per: it is missing/],
    [{ rateLimit: { max: 5, per: '1s', burst: 6 } }, /burst: 6 is above max/],
    [{ rateLimit: { max: 5, per: '1s', key: () => 'x' } }, /rateLimit\.key: there is no such option/],
  ])('%j is refused, and nothing is changed', async (patch, text) => {
    await start();
    await expect(first.jobs.queues.configure('pdf', patch as never)).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(text) as string,
    });
    expect((await store.registry.settings(undefined))?.settings).toEqual([]);
  });

  it('are refused without a store that counts for all workers', async () => {
    clock = new ManualClock();
    store = new MemoryJobStore({ clock });
    const { records, registry } = store;
    const bare = { kind: 'bare', records, registry };
    const own = {
      ...bare,
      start: () => store.start(),
      status: () => store.status(),
      close: () => store.close(),
    };
    ends = [];
    first = await startHarness({ handlers, clock, options: { store: own } });
    await expect(first.jobs.queues.configure('pdf', { maxConcurrent: 3 })).rejects.toMatchObject({
      code: 'WARREN_NO_STORE',
      message: expect.stringMatching(/facet 'limits', which the job store given \(bare\)/) as string,
    });
    expect((await registry.settings(undefined))?.settings ?? []).toEqual([]);
    expect(await first.jobs.queues.reset('pdf')).toBe('kept');
  });
});

describe('a job that waits for a limit', () => {
  it('goes back when its queue is paused, and runs when it is resumed and there is room', async () => {
    await start({ queues: { pdf: { maxConcurrent: 1 } } });
    await enqueue(3);
    expect(ends).toHaveLength(1);
    await first.jobs.queues.pause('pdf');
    await clock.advance(5_000);
    expect((await first.broker.stats('pdf')).ready).toBe(2);
    expect(first.recorder.all('interrupted').map(({ why }) => why)).toContain(
      'its consumer ended while it waited for a limit',
    );
    await endOnes(1);
    expect(ends).toEqual([]);
    await first.jobs.queues.resume('pdf');
    await clock.advance(100);
    expect(ends).toHaveLength(1);
  });
});
