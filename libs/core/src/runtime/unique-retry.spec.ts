import { NonRetryableJobError, WarrenError } from '../kernel/errors/index.js';
import type { EnqueueOptions } from '../options/enqueue.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { flakyStore, type StoreFaults } from '../testing/flaky-store.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { ManualClock, settled } from '../testing/manual-clock.js';
import { until } from '../testing/until.js';

/** A unique job that is retried by its id takes its key again, or is refused. */

const KEY = 'email:new/k';

const clock = new ManualClock();
let memory: MemoryJobStore;
let faults: StoreFaults;
let harness: Harness;
let ran: unknown[];
/** Of runs with the payload 'hangs'. */
let finish: () => void;

beforeEach(async () => {
  memory = new MemoryJobStore({ clock });
  faults = { isAway: false, calls: [] };
  ran = [];
  harness = await startHarness({
    clock,
    handlers: [
      {
        type: 'email:',
        run: (payload) => {
          ran.push(payload);
          if (payload === 'bad') throw new NonRetryableJobError('never');
          return payload === 'hangs' ? new Promise<void>((resolve) => (finish = resolve)) : 'done';
        },
      },
    ],
    options: { store: flakyStore(memory, faults) },
  });
});
afterEach(() => harness.close());

function enqueue(payload: unknown, options: EnqueueOptions = {}) {
  return harness.jobs.enqueue('email:new', payload, {
    ...options,
    unique: { key: 'k', ...(options.unique as object) },
  });
}

/** Looking changes nothing. */
async function holder(): Promise<string | undefined> {
  const { holder: held, isNew } = await memory.unique.reserve(KEY, 'who asks', 1);
  if (!isNew) return held;
  await memory.unique.release(KEY, 'who asks');
  return undefined;
}

async function untilFree(): Promise<void> {
  await until(async () => (await holder()) === undefined, 'the key is free');
}

/** A job that failed, and whose key is free. */
async function failed(options?: EnqueueOptions): Promise<string> {
  const { id } = await enqueue('bad', options);
  await harness.recorder.next('failed');
  await untilFree();
  return id;
}

const heldBy = (id: string) => ({ code: 'WARREN_NOT_UNIQUE', details: { id, type: 'email:new' } });

describe('a unique job that is retried', () => {
  it('holds its key again until it ends', async () => {
    const { id } = await enqueue('hangs');
    await harness.recorder.next('started');
    finish();
    await untilFree();
    await harness.jobs.retry(id);
    expect(await enqueue('second')).toMatchObject({ id, deduplicated: true });
    await harness.recorder.next('started');
    finish();
    await untilFree();
    expect(ran).toEqual(['hangs', 'hangs']);
  });

  it('is refused while another job holds the key, and stays as it is', async () => {
    const id = await failed();
    const other = await enqueue('other', { delay: '1m' });
    await expect(harness.jobs.retry(id)).rejects.toMatchObject(heldBy(other.id));
    await expect(harness.jobs.retry(id)).rejects.toThrow(/Wait until that job frees the key/);
    expect(await harness.jobs.get(id)).toMatchObject({ state: 'failed', reason: 'terminated' });
    expect(await holder()).toBe(other.id);
    expect((await harness.broker.stats('email')).deadLetters).toBe(1);
    await clock.advance(60_000);
    await untilFree();
    expect(await harness.jobs.retry(id)).toMatchObject({ state: 'queued' });
  });

  it('is refused where nothing is known of the job that holds it', async () => {
    const id = await failed();
    await memory.unique.reserve(KEY, 'elsewhere', 60_000);
    await expect(harness.jobs.retry(id)).rejects.toMatchObject(heldBy('elsewhere'));
  });

  it('takes the key from a job that has ended, and whose worker died before it freed it', async () => {
    const id = await failed();
    const { id: other } = await enqueue('other', { delay: '1m', unique: false });
    await memory.unique.reserve(KEY, other, 60_000);
    await harness.jobs.cancel(other);
    await harness.jobs.retry(id);
    expect(await holder()).toBe(id);
  });

  it("frees it with its first run where that is until 'started'", async () => {
    const { id } = await enqueue('hangs', { unique: { until: 'started' } });
    await harness.recorder.next('started');
    finish();
    await harness.recorder.next('completed');
    await harness.jobs.retry(id);
    await harness.recorder.next('started');
    await untilFree();
    finish();
  });

  it('of two at once one is, and holds the key', async () => {
    const id = await failed();
    await harness.warren.drain();
    const both = await Promise.allSettled([harness.jobs.retry(id), harness.jobs.retry(id)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await settled();
    expect(await holder()).toBe(id);
  });

  it('leaves the key free when the broker does not take its message', async () => {
    const id = await failed();
    harness.faults.failPublishes(1, new Error('no room'));
    await expect(harness.jobs.retry(id)).rejects.toMatchObject({ code: 'WARREN_NOT_REPUBLISHED' });
    expect(await holder()).toBeUndefined();
  });

  it('stays as it is when the store does not say who holds the key', async () => {
    const id = await failed();
    faults.instead = (name, call) =>
      name === 'unique.reserve'
        ? Promise.reject(new WarrenError('WARREN_STORE_UNAVAILABLE', 'away for the test'))
        : call();
    await expect(harness.jobs.retry(id)).rejects.toMatchObject({ code: 'WARREN_STORE_UNAVAILABLE' });
    expect(await harness.jobs.get(id)).toMatchObject({ state: 'failed' });
  });
});
