import { MemoryJobStore } from '../store/memory/index.js';
import { startHarness, type Harness, type HarnessHandler } from '../testing/harness.js';
import { ManualClock, settled } from '../testing/manual-clock.js';

let clock: ManualClock;
let harness: Harness;
let store: MemoryJobStore;
let releases: Array<() => void>;

const slow: HarnessHandler = {
  type: 'slow:job',
  run: () => new Promise<void>((resolve) => releases.push(resolve)),
};

beforeEach(async () => {
  clock = new ManualClock();
  store = new MemoryJobStore({ clock });
  releases = [];
  const options = {
    store,
    defaults: { attempts: 4 },
    queues: { slow: { timeout: '1h', maxLength: 100 } },
    worker: { concurrency: 2 },
  } as const;
  harness = await startHarness({ clock, handlers: [slow], options });
});

afterEach(() => harness.close());

async function enqueue(count: number): Promise<void> {
  await harness.jobs.enqueueMany(Array.from({ length: count }, () => ({ job: 'slow:job', payload: {} })));
  await settled();
}

describe('concurrency of a queue', () => {
  it('is raised while jobs run, for those that wait, and given back by a reset', async () => {
    await enqueue(6);
    expect(harness.warren.runningCount).toBe(2);
    await harness.jobs.queues.configure('slow', { concurrency: 5 });
    await settled();
    // The consumer before holds two still; the new one takes five.
    expect(harness.warren.runningCount).toBeGreaterThanOrEqual(5);
    for (const release of releases.splice(0)) release();
    await settled();
    await enqueue(9);
    expect(harness.warren.runningCount).toBe(5);
    await harness.jobs.queues.reset('slow', 'concurrency');
    for (const release of releases.splice(0)) release();
    await settled();
    expect(harness.warren.runningCount).toBe(2);
    expect(harness.recorder.all('lost')).toEqual([]);
    for (let left = 4; left > 0; left -= 1) {
      for (const release of releases.splice(0)) release();
      await settled();
    }
    expect(harness.recorder.all('completed')).toHaveLength(15);
  });
});

describe('the view of a queue', () => {
  it('shows each setting with its value and who decided it', async () => {
    const { settings, isPaused, ready } = await harness.jobs.queues.view('slow');
    expect(settings).toMatchObject({
      paused: { value: false, origin: 'built-in' },
      concurrency: { value: 2, origin: 'module' },
      attempts: { value: 4, origin: 'module' },
      timeout: { value: 3_600_000, origin: 'queue' },
      maxLength: { value: 100, origin: 'queue' },
      messageTtl: { value: 14 * 86_400_000, origin: 'built-in' },
    });
    expect([isPaused, ready]).toEqual([false, 0]);
  });

  it('shows what was set at run time over what holds again after a reset', async () => {
    await harness.jobs.queues.configure('slow', { concurrency: 7, paused: true });
    const { settings, isPaused } = await harness.jobs.queues.view('slow');
    expect(settings['concurrency']).toEqual({
      value: 7,
      origin: 'override',
      beneath: { value: 2, origin: 'module' },
    });
    expect(isPaused).toBe(true);
    await harness.jobs.queues.reset('slow');
    expect((await harness.jobs.queues.view('slow')).settings).toMatchObject({
      concurrency: { value: 2, origin: 'module' },
      paused: { value: false, origin: 'built-in' },
    });
  });

  it('says why a setting of another version is not applied, as the log does once', async () => {
    await store.registry.change([
      { scope: 'queue', name: 'slow', key: 'concurrency', value: '-3' },
      { scope: 'queue', name: 'slow', key: 'ofLater', value: 'true' },
    ]);
    await harness.jobs.queues.configure('slow', { paused: false });
    await harness.jobs.queues.configure('slow', { paused: false });
    const { settings } = await harness.jobs.queues.view('slow');
    expect(settings['concurrency']).toMatchObject({
      value: 2,
      origin: 'module',
      problem: expect.stringMatching(/-3 is not a whole number/) as string,
    });
    expect(
      harness.lines('warn').filter((line) => line.includes('changed at run time is not applied')),
    ).toHaveLength(2);
  });
});

describe('a patch', () => {
  it.each([
    [{ concurrency: 0 }, /concurrency: 0 is not a whole number/],
    [{ concurrency: Number.NaN }, /concurrency: NaN is not/],
    [{ concurrency: '5' }, /It is text; give the number/],
    [{ pausd: true }, /Did you mean 'paused'/],
    [{}, /nothing is said/],
    [undefined, /not an object of options/],
    [{ attempts: 3 }, /no such option/],
  ])('%j is refused, and nothing is changed', async (patch, text) => {
    const version = (await store.registry.settings(undefined))?.version;
    await expect(harness.jobs.queues.configure('slow', patch as never)).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(text) as string,
    });
    expect((await store.registry.settings(undefined))?.version).toBe(version);
  });

  it('for what is fixed is refused with its own code, and so is a reset of no setting', async () => {
    const { queues } = harness.jobs;
    for (const patch of [{ maxLength: 500 }, { type: 'classic' }] as never[]) {
      await expect(queues.configure('slow', patch)).rejects.toMatchObject({ code: 'WARREN_QUEUE_FIXED' });
    }
    await expect(queues.reset('slow', 'deliveries' as never)).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
    });
  });
});

describe('limits of a queue', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const add = async () => {
    for (const id of ids) await harness.jobs.enqueue('slow:job', {}, { id });
    await settled();
  };

  beforeEach(() => harness.jobs.queues.pause('slow'));

  it('are lowered while jobs wait, and as declared after a reset', async () => {
    const { queues } = harness.jobs;
    await add();
    expect(await queues.configure('slow', { maxLength: 3, concurrency: 5 })).toBe('kept');
    await expect(harness.jobs.enqueue('slow:job')).rejects.toMatchObject({ code: 'WARREN_QUEUE_FULL' });
    const { settings, ready } = await queues.view('slow');
    // A queue that refuses keeps what it has.
    expect(ready).toBe(7);
    expect(settings).toMatchObject({
      maxLength: { value: 3, origin: 'override', beneath: { value: 100, origin: 'queue' } },
      concurrency: { value: 5, origin: 'override' },
      maxBytes: { value: undefined, origin: 'built-in' },
    });
    await queues.reset('slow', 'maxLength');
    await harness.jobs.enqueue('slow:job');
    await queues.configure('slow', { maxBytes: 1 });
    await expect(harness.jobs.enqueue('slow:job')).rejects.toMatchObject({ maxLength: 100, maxBytes: 1 });
    await queues.reset('slow');
    await harness.jobs.enqueue('slow:job');
    expect((await queues.view('slow')).settings).toMatchObject({ maxBytes: { origin: 'built-in' } });
  });

  it('that drop the oldest put those above at once into the dead letters', async () => {
    const { queues } = harness.jobs;
    await add();
    expect(await queues.configure('slow', { maxLength: 2, overflow: 'drop-oldest' })).toBe('kept');
    const letters = await harness.jobs.deadLetters('slow').list();
    expect(letters.map(({ id, reason }) => `${id} ${reason}`)).toEqual(
      ids.slice(0, 5).map((id) => `${id} displaced`),
    );
    await harness.jobs.enqueue('slow:job', {}, { id: 'h' });
    expect(await queues.view('slow')).toMatchObject({
      ready: 2,
      deadLetters: 6,
      settings: { overflow: { value: 'drop-oldest', origin: 'override' } },
    });
  });

  it('are refused where delays would wait for room, also when the overflow alone is taken back', async () => {
    const { queues } = harness.jobs;
    const other = await harness.another({
      options: { queues: { free: {} } },
      handlers: [{ ...slow, type: 'free:job' }],
    });
    await expect(queues.configure('free', { maxLength: 5 })).rejects.toMatchObject({
      code: 'WARREN_QUEUE_FIXED',
    });
    await queues.configure('free', { maxLength: 5, overflow: 'drop-oldest' });
    await expect(queues.reset('free', 'overflow')).rejects.toMatchObject({ code: 'WARREN_QUEUE_FIXED' });
    await queues.reset('free', 'maxLength');
    await queues.reset('free', 'overflow');
    await other.close();
  });

  it('of a queue that nobody knows are refused', async () => {
    await expect(harness.jobs.queues.configure('slwo', { maxLength: 5 })).rejects.toMatchObject({
      code: expect.stringMatching(/WARREN_QUEUE_(NOT_FOUND|FIXED)/) as string,
    });
    await expect(harness.jobs.queues.configure('slwo', { messageTtl: '5m' })).rejects.toMatchObject({
      code: 'WARREN_QUEUE_NOT_FOUND',
      message: expect.stringContaining("Did you mean 'slow'") as string,
    });
  });
});
