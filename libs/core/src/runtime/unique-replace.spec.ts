import { fixed } from '../kernel/backoff.js';
import type { EnqueueOptions } from '../options/enqueue.js';
import type { JobsOptions } from '../options/module.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { flakyStore, type StoreFaults } from '../testing/flaky-store.js';
import { startHarness, type Harness, type HarnessHandler } from '../testing/harness.js';
import { ManualClock, settled } from '../testing/manual-clock.js';

/** Another enqueue of a unique key that gives the waiting job its payload and time. */

const DAY_MS = 86_400_000;

const clock = new ManualClock();
let memory: MemoryJobStore;
let faults: StoreFaults;
let harness: Harness;
let ran: unknown[];

async function start(run: HarnessHandler['run'] = () => undefined, module: JobsOptions = {}): Promise<void> {
  memory = new MemoryJobStore({ clock });
  faults = { isAway: false, calls: [] };
  ran = [];
  harness = await startHarness({
    clock,
    handlers: [
      {
        type: 'email:',
        options: { backoff: fixed('10s', { jitter: 'none' }) },
        run: (payload, job) => {
          ran.push(payload);
          return run(payload, job);
        },
      },
    ],
    options: { store: flakyStore(memory, faults), ...module },
  });
}

function enqueue(payload: unknown, options: EnqueueOptions = {}) {
  const unique = { key: 'k', onConflict: 'replace', ...(options.unique as object) } as const;
  return harness.jobs.enqueue('email:new', payload, { ...options, unique });
}

afterEach(() => harness.close());

describe('a waiting job that is replaced', () => {
  it('runs once, with the last payload and at the last time; the older message leaves unseen', async () => {
    await start();
    const { id } = await enqueue('first', { delay: '1m' });
    const second = await enqueue('second', { delay: '5m' });
    expect(second).toMatchObject({ id, deduplicated: true });
    expect(await harness.jobs.get(id)).toMatchObject({ state: 'scheduled', payload: 'second' });
    await clock.advance(60_000);
    expect(await harness.recorder.next('duplicate')).toMatchObject({ jobId: id });
    await clock.advance(4 * 60_000 - 1);
    expect(ran).toEqual([]);
    await clock.advance(1);
    await harness.recorder.next('completed');
    expect(ran).toEqual(['second']);
    expect(await harness.jobs.get(id)).toMatchObject({ state: 'completed', attempt: 1 });
    expect((await enqueue('third')).deduplicated).toBe(false);
  });

  it('may become due sooner, and again and again', async () => {
    await start(() => undefined, { worker: { autoStart: false } });
    const { id } = await enqueue(0, { delay: '1h' });
    for (let count = 1; count <= 5; count += 1) expect((await enqueue(count)).id).toBe(id);
    await harness.warren.startWorker();
    await harness.recorder.next('completed');
    await clock.advance(3_600_000);
    expect(ran).toEqual([5]);
    expect(harness.recorder.all('duplicate')).toHaveLength(5);
  });

  it('is replaced by many at once, and runs once', async () => {
    await start(() => undefined, { worker: { autoStart: false } });
    const refs = await Promise.all(Array.from({ length: 50 }, (_, index) => enqueue(index)));
    expect(new Set(refs.map(({ id }) => id)).size).toBe(1);
    const { payload } = (await harness.jobs.get(refs[0]!.id))!;
    await harness.warren.startWorker();
    await harness.recorder.next('completed');
    await clock.advance(1_000);
    expect(ran).toEqual([payload]);
  });

  it('keeps what else it was enqueued with, and counts its deadlines anew', async () => {
    const seen: unknown[] = [];
    await start((_payload, job) => seen.push({ ...job.headers }, job.correlationId));
    const { id } = await enqueue(1, {
      delay: '1m',
      headers: { tenant: 'blue' },
      correlationId: 'request-7',
      tags: ['red'],
      deadline: '2m',
    });
    await enqueue(2, { delay: '10m', headers: { tenant: 'ignored' } });
    await clock.advance(600_000);
    await harness.recorder.next('completed');
    expect(seen).toEqual([{ tenant: 'blue' }, 'request-7']);
    expect(await harness.jobs.get(id)).toMatchObject({ tags: ['red'], correlationId: 'request-7' });
  });

  it('keeps the new deadline, and all else, when it is made due by its id later', async () => {
    const seen: unknown[] = [];
    await start((_payload, job) => seen.push({ ...job.headers }));
    const { id } = await enqueue(1, { delay: '1m', headers: { tenant: 'blue' }, deadline: '2m' });
    await enqueue(2, { delay: '10m', deadline: '20m' });
    await clock.advance(3 * 60_000);
    await harness.jobs.runNow(id);
    await clock.advance(1);
    expect(await harness.recorder.next('completed')).toMatchObject({ jobId: id });
    expect([ran, seen]).toEqual([[2], [{ tenant: 'blue' }]]);
  });

  it('holds its key until a day after it is due now', async () => {
    await start(() => undefined, { worker: false });
    const { id } = await enqueue(1);
    await enqueue(2, { delay: '3d' });
    await clock.advance(4 * DAY_MS - 1);
    expect(await enqueue(3, { unique: { onConflict: 'return' } })).toMatchObject({ id });
    await clock.advance(1);
    expect((await enqueue(4)).deduplicated).toBe(false);
  });

  it("frees its key with the first run where that is until 'started'", async () => {
    let finish!: () => void;
    await start(() => new Promise<void>((resolve) => (finish = resolve)));
    const unique = { until: 'started' } as const;
    const { id } = await enqueue(1, { delay: '1m', unique });
    await enqueue(2, { delay: '2m', unique });
    await clock.advance(120_000);
    await harness.recorder.next('started');
    await settled();
    expect(await memory.unique.reserve('email:new/k', 'other', DAY_MS)).toEqual({
      holder: 'other',
      isNew: true,
    });
    finish();
    expect(await harness.recorder.next('completed')).toMatchObject({ jobId: id });
  });

  it('gets a payload that is too large to be remembered', async () => {
    await start(() => undefined, { maxRememberedBytes: 100 });
    const { id } = await enqueue('small', { delay: '1m' });
    const large = 'x'.repeat(1_000);
    await enqueue(large, { delay: '2m' });
    expect((await harness.jobs.get(id))?.payload).toBeUndefined();
    await clock.advance(120_000);
    await harness.recorder.next('completed');
    expect(ran).toEqual([large]);
  });
});

describe('a job that cannot be replaced any more', () => {
  it('stays as it is while it runs, and while it waits for a retry', async () => {
    let fail!: (error: Error) => void;
    let runs = 0;
    await start(() => {
      runs += 1;
      return runs === 1 ? new Promise((_resolve, reject) => (fail = reject)) : 'done';
    });
    const { id } = await enqueue('first');
    await harness.recorder.next('started');
    expect(await enqueue('second')).toMatchObject({ id, deduplicated: true });
    fail(new Error('once'));
    await harness.recorder.next('retryScheduled');
    expect(await enqueue('third')).toMatchObject({ id, deduplicated: true });
    await clock.advance(10_000);
    await harness.recorder.next('completed');
    expect(ran).toEqual(['first', 'first']);
  });

  it('makes room for a new one when it has ended meanwhile', async () => {
    await start(() => undefined, { worker: false });
    const { id } = await enqueue('first');
    faults.instead = async (name, call) => {
      if (name === 'records.reopen') {
        const cancellation = { at: clock.now(), reason: undefined, by: undefined };
        await memory.records.cancel(id, cancellation, { ms: DAY_MS, count: undefined });
      }
      return call();
    };
    const next = await enqueue('second');
    expect([next.deduplicated, next.id === id]).toEqual([false, false]);
  });

  it('stays when the store does not know it', async () => {
    await start();
    await memory.unique.reserve('email:new/k', 'elsewhere', DAY_MS);
    expect(await enqueue(1)).toMatchObject({ id: 'elsewhere', deduplicated: true });
  });
});

describe('a publish that fails after another enqueue has replaced the job', () => {
  it.each([
    ['of its enqueue', 0],
    ['of a replacement', 1],
  ])('leaves the job its key: %s', async (_which, before) => {
    await start(() => undefined, { worker: { autoStart: false } });
    if (before > 0) await enqueue('before');
    harness.faults.slowDown(60_000);
    const failed = expect(enqueue('first')).rejects.toThrow('no room');
    await settled();
    harness.faults.slowDown(0);
    const second = await enqueue('second');
    harness.faults.failPublishes(1, new Error('no room'));
    await clock.advance(60_000);
    await failed;
    expect(await enqueue('third')).toMatchObject({ id: second.id, deduplicated: true });
    await harness.warren.startWorker();
    await harness.recorder.next('completed');
    expect(ran).toEqual(['third']);
  });

  it('leaves it to the job that a worker has begun, as only the confirm was lost', async () => {
    let finish!: () => void;
    await start(() => new Promise<void>((resolve) => (finish = resolve)));
    harness.faults.loseConfirms(1, new Error('no confirm'));
    const late = harness.faults.publish.bind(harness.faults);
    harness.faults.publish = async (...given) => {
      await late(...given).catch(async (error: unknown) => {
        await harness.recorder.next('started');
        throw error;
      });
    };
    await expect(enqueue('first')).rejects.toThrow('no confirm');
    expect(await enqueue('second')).toMatchObject({ deduplicated: true });
    finish();
    await harness.recorder.next('completed');
    expect((await enqueue('third')).deduplicated).toBe(false);
  });
});

describe('a replacement that fails', () => {
  it('leaves the key to the next enqueue, when the broker does not take the new message', async () => {
    await start();
    const { id } = await enqueue('first', { delay: '1m' });
    harness.faults.failPublishes(1, new Error('no room'));
    await expect(enqueue('second', { delay: '1m' })).rejects.toThrow('no room');
    expect(await harness.jobs.get(id)).toMatchObject({
      state: 'enqueue_failed',
      error: { message: 'no room' },
    });
    const third = await enqueue('third', { delay: '1m' });
    expect(third.deduplicated).toBe(false);
    await clock.advance(60_000);
    await harness.recorder.next('completed');
    await harness.recorder.next('duplicate');
    expect(ran).toEqual(['third']);
  });

  it('is published all the same when the store answers too late: the old message would not run', async () => {
    await start(() => undefined, { worker: { autoStart: false } });
    const { id } = await enqueue('first');
    let answer!: () => void;
    faults.instead = (name, call) =>
      name === 'records.reopen' ? new Promise((resolve) => (answer = () => resolve(call()))) : call();
    const asked = enqueue('second', { unique: { onStoreDown: 'throw' } });
    const refused = expect(asked).rejects.toMatchObject({ code: 'WARREN_STORE_UNAVAILABLE' });
    await clock.advance(2_000);
    await refused;
    delete faults.instead;
    answer();
    await settled();
    await harness.warren.startWorker();
    expect(await harness.recorder.next('completed')).toMatchObject({ jobId: id });
    expect(ran).toEqual(['second']);
  });
});
