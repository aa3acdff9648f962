import { jest } from '@jest/globals';
import { MemoryJobStore } from '../store/memory/index.js';
import { flakyStore, type StoreFaults } from '../testing/flaky-store.js';
import { startHarness, type Harness, type HarnessHandler } from '../testing/harness.js';
import { ManualClock, settled } from '../testing/manual-clock.js';

let clock: ManualClock;
let harness: Harness;
let ran: string[];
let release: Array<() => void>;

const quick = (type: string): HarnessHandler => ({ type, run: (_, { type: own }) => void ran.push(own) });
const slow: HarnessHandler = {
  type: 'slow:job',
  run: () => new Promise<void>((resolve) => release.push(resolve)),
};

async function start(
  options: object = {},
  handlers = [quick('email:new'), quick('email:old'), slow],
): Promise<void> {
  const store = new MemoryJobStore({ clock });
  harness = await startHarness({ clock, handlers, options: { store, ...options } });
}

/** A store that is looked at by the clock, as one of another process is. */
function remoteStore(store: MemoryJobStore, faults: Partial<StoreFaults> = {}) {
  const { registry } = store;
  return flakyStore(store, Object.assign(faults, { isAway: faults.isAway ?? false, calls: [] }), {
    registry,
  });
}

/** What waits for other workers looks at them by the clock. */
async function meanwhile<T>(waits: Promise<T>): Promise<T> {
  await clock.advance(1_000);
  return waits;
}

const waiting = async (queue = 'email'): Promise<number> => (await harness.broker.stats(queue)).ready;

beforeEach(() => {
  clock = new ManualClock();
  ran = [];
  release = [];
});

afterEach(() => harness.close());

describe('a paused queue', () => {
  it('hands out nothing until it is resumed; what runs goes on', async () => {
    await start();
    await harness.jobs.enqueue('slow:job', {});
    await harness.recorder.next('started');
    expect(await harness.jobs.queues.pause('slow')).toBe('kept');
    await harness.jobs.enqueue('slow:job', {});
    await clock.advance(60_000);
    expect(await waiting('slow')).toBe(1);
    release.shift()!();
    await harness.recorder.next('completed');
    expect(release).toHaveLength(0);
    await harness.jobs.queues.resume('slow');
    await harness.recorder.next('started');
    release.shift()!();
    await harness.recorder.next('completed');
    expect(await waiting('slow')).toBe(0);
  });

  it('leaves other queues alone, and its jobs spend no attempt', async () => {
    await start();
    await harness.jobs.queues.pause('slow');
    await harness.jobs.enqueue('email:new', {});
    await harness.recorder.next('completed');
    const { id } = await harness.jobs.enqueue('slow:job', {});
    await clock.advance(60_000);
    expect(await harness.jobs.get(id)).toMatchObject({ state: 'queued', attempt: 0, attempts: [] });
    expect(harness.warren.status().consumers.map(({ queue }) => queue)).toEqual(['email']);
  });

  it('lets delayed jobs come due, which wait', async () => {
    await start();
    await harness.jobs.queues.pause('email');
    await harness.jobs.enqueue('email:new', {}, { delay: '10s' });
    await clock.advance(11_000);
    expect(await waiting()).toBe(1);
    await harness.jobs.queues.resume('email');
    await settled();
    expect(ran).toEqual(['email:new']);
  });

  it('is paused in a process that starts later, and in one that missed the broadcast within 2 s', async () => {
    const store = new MemoryJobStore({ clock });
    await start({ store: remoteStore(store) });
    const [api, late] = [
      await harness.another({ options: { store: store.connect(), worker: false } }),
      harness,
    ];
    await api.jobs.queues.pause('email');
    // The test's own way past the broadcast: the setting is made in the store alone.
    await store.registry.change([{ scope: 'queue', name: 'slow', key: 'paused', value: 'true' }]);
    await clock.advance(2_000);
    const started = await late.another({
      options: { store: store.connect() },
      handlers: [quick('email:new'), slow],
    });
    await harness.jobs.enqueue('email:new', {});
    await harness.jobs.enqueue('slow:job', {});
    await clock.advance(1_000);
    expect([await waiting('email'), await waiting('slow')]).toEqual([1, 1]);
    expect(started.warren.status().consumers).toEqual([]);
    await api.jobs.queues.reset('email');
    await settled();
    expect(ran).toEqual(['email:new']);
  });

  it('holds in running processes alone without a store', async () => {
    await start({ store: false });
    const other = await harness.another({ handlers: [quick('email:new')], options: { store: false } });
    expect(await other.jobs.queues.pause('email')).toBe('told');
    await harness.jobs.enqueue('email:new', {});
    await clock.advance(10_000);
    expect(await waiting()).toBe(1);
    expect((await other.jobs.queues.view('email')).isPaused).toBe(true);
    await harness.jobs.queues.resume('email');
    await settled();
    expect(await waiting()).toBe(0);
  });

  it('does not keep a worker from starting while the store is away: a warning, and the pause when it is back', async () => {
    const store = new MemoryJobStore({ clock });
    await store.registry.change([{ scope: 'queue', name: 'email', key: 'paused', value: 'true' }]);
    const faults = { isAway: true, calls: [] };
    await start({ store: remoteStore(store, faults) });
    expect(harness.lines('warn').join()).toMatch(/could not be asked for what was set at run time/);
    expect(harness.warren.status().consumers).toHaveLength(2);
    faults.isAway = false;
    await clock.advance(2_000);
    expect(harness.warren.status().consumers.map(({ queue }) => queue)).toEqual(['slow']);
  });

  it('is refused when nobody knows the queue, with what may have been meant', async () => {
    await start();
    await expect(harness.jobs.queues.pause('emial')).rejects.toMatchObject({
      code: 'WARREN_QUEUE_NOT_FOUND',
      message: expect.stringMatching(/Did you mean 'email'\?/) as string,
    });
    await expect(harness.jobs.queues.pause('no queue')).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
    });
    await expect(harness.jobs.queues.pause(undefined as never)).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
    });
  });

  it('can be resumed and paused many times without a job being lost or run twice', async () => {
    await start();
    for (let round = 0; round < 20; round += 1) {
      const done = round % 2 ? harness.jobs.queues.pause('email') : harness.jobs.queues.resume('email');
      await harness.jobs.enqueue('email:new', {});
      await done;
    }
    await harness.jobs.queues.resume('email');
    await clock.advance(1_000);
    expect(ran).toHaveLength(20);
    expect(harness.warren.status().consumers).toHaveLength(2);
  });
});

describe('a worker that loses its channel after a pause', () => {
  it('takes the jobs of the consumer before for its own, and not for lost', async () => {
    await start();
    await harness.jobs.enqueue('slow:job', {});
    await harness.recorder.next('started');
    await harness.jobs.queues.pause('slow');
    await harness.jobs.queues.resume('slow');
    expect(harness.recorder.all('lost')).toEqual([]);
    release.shift()!();
    await harness.recorder.next('completed');
    harness.loseConsumers('slow');
    await clock.advance(1_000);
    expect(harness.recorder.all('started')).toHaveLength(1);
  });
});

describe('a paused type', () => {
  it('waits while other types of its queue run, spends no attempt, and runs after the resume', async () => {
    await start();
    expect(await harness.jobs.types.pause('email:new')).toBe('kept');
    const { id } = await harness.jobs.enqueue('email:new', {});
    await harness.jobs.enqueue('email:old', {});
    await clock.advance(60_000);
    expect(ran).toEqual(['email:old']);
    expect(await harness.jobs.get(id)).toMatchObject({ state: 'queued', attempt: 0, attempts: [] });
    expect(await harness.jobs.types.paused()).toEqual(['email:new']);
    await harness.jobs.types.resume('email:new');
    await clock.advance(6_000);
    expect(ran).toEqual(['email:old', 'email:new']);
    expect(await harness.jobs.get(id)).toMatchObject({ state: 'completed', attempt: 1 });
    expect(await harness.jobs.types.paused()).toEqual([]);
  });

  it('is one by its prefix', async () => {
    await start();
    await harness.jobs.types.pause('email:');
    await harness.jobs.enqueue('email:new', {});
    await clock.advance(10_000);
    expect(ran).toEqual([]);
    await harness.jobs.types.reset('email:', 'paused');
    await clock.advance(10_000);
    expect(ran).toEqual(['email:new']);
  });

  it('does not spin: its job is looked at every 5 s', async () => {
    await start();
    await harness.jobs.types.pause('email:new');
    const publish = jest.spyOn(harness.faults, 'publish');
    await harness.jobs.enqueue('email:new', {});
    await clock.advance(60_000);
    expect(publish.mock.calls.length).toBeGreaterThanOrEqual(10);
    expect(publish.mock.calls.length).toBeLessThanOrEqual(14);
  });

  it('is refused when it is none', async () => {
    await start();
    await expect(harness.jobs.types.pause('email::new')).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
    });
    await expect(harness.jobs.types.pause('')).rejects.toMatchObject({ code: 'WARREN_CONFIGURATION' });
    await expect(harness.jobs.types.configure('email:new', { pause: true } as never)).rejects.toThrow(
      /Did you mean 'paused'/,
    );
  });
});

describe('draining', () => {
  it('of a queue waits for what runs, and leaves it paused', async () => {
    await start();
    await harness.jobs.enqueue('slow:job', {});
    await harness.recorder.next('started');
    let isDrained = false;
    const draining = harness.jobs.queues.drain('slow').then(() => (isDrained = true));
    await clock.advance(10_000);
    expect(isDrained).toBe(false);
    release.shift()!();
    await clock.advance(1_000);
    await draining;
    expect((await harness.jobs.queues.view('slow')).isPaused).toBe(true);
  });

  it('of a type waits for its jobs alone', async () => {
    await start();
    await harness.jobs.enqueue('slow:job', {});
    await harness.recorder.next('started');
    await meanwhile(harness.jobs.types.drain('email:'));
    const draining = harness.jobs.types.drain('slow:job', { timeout: '2s' });
    const told = expect(draining).rejects.toMatchObject({
      code: 'WARREN_NOT_DRAINED',
      message: expect.stringMatching(/runs 1/) as string,
    });
    await clock.advance(3_000);
    await told;
    release.shift()!();
  });

  it('needs a store', async () => {
    await start({ store: false });
    await expect(harness.jobs.queues.drain('email')).rejects.toMatchObject({ code: 'WARREN_NO_STORE' });
  });
});

describe('a worker', () => {
  it('is listed with what it does', async () => {
    await start();
    const { id } = await harness.jobs.enqueue('slow:job', {});
    await harness.recorder.next('started');
    const [worker, ...others] = await harness.jobs.workers();
    expect(others).toEqual([]);
    expect(worker).toMatchObject({
      pid: process.pid,
      running: 1,
      isQuiet: false,
      jobs: [{ id, type: 'slow:job', queue: 'slow' }],
      queues: [
        { queue: 'email', concurrency: 10, isHeld: false },
        { queue: 'slow', concurrency: 10, isHeld: false },
      ],
    });
    expect(worker!.memory.rssBytes).toBeGreaterThan(1_000_000);
    release.shift()!();
  });

  it('that is quiet takes nothing new, finishes what runs, and takes jobs again when it is woken', async () => {
    await start();
    await harness.jobs.enqueue('slow:job', {});
    await harness.recorder.next('started');
    const [worker] = await harness.jobs.workers();
    expect(await meanwhile(harness.jobs.workers.quiet(worker!.id))).toBe('done');
    await harness.jobs.enqueue('email:new', {});
    await clock.advance(10_000);
    expect(ran).toEqual([]);
    release.shift()!();
    await harness.recorder.next('completed');
    expect((await harness.jobs.workers())[0]).toMatchObject({ isQuiet: true, running: 0 });
    expect(await meanwhile(harness.jobs.workers.wake(worker!.process))).toBe('done');
    await settled();
    expect(ran).toEqual(['email:new']);
  });

  it('that nobody knows cannot be made quiet', async () => {
    await start();
    await expect(harness.jobs.workers.quiet('host:1')).rejects.toMatchObject({
      code: 'WARREN_WORKER_NOT_FOUND',
    });
  });

  it('is gone from the list when it closes, and by its time when it dies', async () => {
    const store = new MemoryJobStore({ clock });
    await start({ store: remoteStore(store) });
    const faults: Partial<StoreFaults> = {};
    const options = { store: remoteStore(store.connect(), faults) };
    const other = await harness.another({ handlers: [slow], options });
    expect(await harness.jobs.workers()).toHaveLength(2);
    faults.isAway = true;
    await clock.advance(14_000);
    expect(await harness.jobs.workers()).toHaveLength(2);
    await clock.advance(2_000);
    expect(await harness.jobs.workers()).toHaveLength(1);
    faults.isAway = false;
    await clock.advance(6_000);
    expect(await harness.jobs.workers()).toHaveLength(2);
    await Promise.all([other.warren.close(), clock.advance(2_000)]);
    expect(await harness.jobs.workers()).toHaveLength(1);
  });
});
