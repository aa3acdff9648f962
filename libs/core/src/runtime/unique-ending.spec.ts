import { fixed } from '../kernel/backoff.js';
import { NonRetryableJobError, RetryJobError, SnoozeJobError } from '../kernel/errors/index.js';
import type { HandlerOptions } from '../options/handler.js';
import type { JobsOptions } from '../options/module.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { flakyStore, type StoreFaults } from '../testing/flaky-store.js';
import { startHarness, type Harness, type HarnessHandler } from '../testing/harness.js';
import { ManualClock, settled } from '../testing/manual-clock.js';
import { until } from '../testing/until.js';

/** When a worker frees a unique key, and until when it holds on to it. */

const DAY_MS = 86_400_000;
const KEY = 'email:new/k';
const UNIQUE = { key: 'k' } as const;
const KEEP = { ms: DAY_MS, count: undefined };

const clock = new ManualClock();
let memory: MemoryJobStore;
let faults: StoreFaults;
let harness: Harness;

async function start(
  run: HarnessHandler['run'],
  options: HandlerOptions = {},
  module: JobsOptions = {},
): Promise<void> {
  memory = new MemoryJobStore({ clock });
  faults = { isAway: false, calls: [] };
  harness = await startHarness({
    clock,
    handlers: [
      {
        type: 'email:',
        options: { attempts: 2, backoff: fixed('10s', { jitter: 'none' }), ...options },
        run,
      },
    ],
    options: { store: flakyStore(memory, faults), ...module },
  });
}

/** Who holds the key; undefined: nobody. Looking changes nothing. */
async function holder(): Promise<string | undefined> {
  const { holder: held, isNew } = await memory.unique.reserve(KEY, 'who asks', 1);
  if (!isNew) return held;
  await memory.unique.release(KEY, 'who asks');
  return undefined;
}

/** Frees come without anybody waiting for them. */
async function untilFree(): Promise<void> {
  await until(async () => (await holder()) === undefined, 'the key is free');
}

async function cancel(id: string): Promise<void> {
  await memory.records.cancel(id, { at: clock.now(), reason: undefined, by: undefined }, KEEP);
}

afterEach(() => harness.close());

describe('a unique key is free as soon as its job', () => {
  it('completed', async () => {
    const runs: Array<() => void> = [];
    await start(() => new Promise<void>((resolve) => runs.push(resolve)));
    const { id } = await harness.jobs.enqueue('email:new', 1, { unique: UNIQUE });
    await harness.recorder.next('started');
    expect(await harness.jobs.enqueue('email:new', 2, { unique: UNIQUE })).toMatchObject({
      id,
      deduplicated: true,
    });
    runs[0]!();
    await harness.recorder.next('completed');
    await untilFree();
    const next = await harness.jobs.enqueue('email:new', 3, { unique: UNIQUE });
    expect(next).toMatchObject({ deduplicated: false });
    await harness.recorder.next('started');
    runs[1]!();
    await harness.recorder.next('completed');
  });

  it('has used up its attempts, and not before', async () => {
    await start(() => {
      throw new Error('again and again');
    });
    const { id } = await harness.jobs.enqueue('email:new', 1, { unique: UNIQUE });
    await harness.recorder.next('retryScheduled');
    await settled();
    expect(await holder()).toBe(id);
    await clock.advance(10_000);
    expect(await harness.recorder.next('failed')).toMatchObject({ reason: 'exhausted' });
    await untilFree();
  });

  it.each([
    [
      'failed without a retry',
      () => {
        throw new NonRetryableJobError('never');
      },
      {},
      'terminated',
    ],
    ['expired before it began', () => undefined, { ttl: '1s' } as const, 'expired'],
  ])('%s', async (_how, run, options, reason) => {
    await start(run, {}, { worker: { autoStart: false } });
    await harness.jobs.enqueue('email:new', 1, { unique: UNIQUE, ...options });
    await clock.advance(2_000);
    await harness.warren.startWorker();
    expect(await harness.recorder.next('failed')).toMatchObject({ reason });
    await untilFree();
  });

  it('was refused for its payload', async () => {
    memory = new MemoryJobStore({ clock });
    const contract = {
      '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no' }] }) },
    } as const;
    harness = await startHarness({
      clock,
      handlers: [{ type: 'email:new', payload: contract, run: () => undefined }],
      options: { store: memory },
    });
    await harness.jobs.enqueue('email:new', 1, { unique: UNIQUE });
    expect(await harness.recorder.next('failed')).toMatchObject({ reason: 'rejected' });
    await untilFree();
  });

  it.each([
    ['is no JSON', Buffer.from('{'), {}],
    ['is larger than this worker takes', Buffer.from('"too large"'), { maxPayloadBytes: 5 }],
  ])('turned out to have a body that %s', async (_what, body, module) => {
    await start(() => undefined, {}, module);
    await memory.unique.reserve(KEY, 'j', DAY_MS);
    await harness.broker.publish(
      { body, type: 'email:new', messageId: 'j', headers: { 'warren-unique': KEY } },
      { queue: 'email' },
    );
    await harness.recorder.next('refused');
    await untilFree();
  });

  it('is turned away as cancelled or discarded', async () => {
    await start(() => 'ran');
    for (const end of [cancel, (id: string) => memory.records.discard(id, DAY_MS)]) {
      const { id } = await harness.jobs.enqueue('email:new', 1, { delay: '1m', unique: UNIQUE });
      await end(id);
      expect(await holder()).toBe(id);
      await clock.advance(60_000);
      await untilFree();
    }
    expect(harness.recorder.all('started')).toEqual([]);
  });

  it('is cancelled or discarded by an operator, long before its message comes', async () => {
    await start(() => 'ran');
    for (const end of ['cancel', 'discard'] as const) {
      const { id } = await harness.jobs.enqueue('email:new', 1, { delay: '5d', unique: UNIQUE });
      await harness.jobs[end](id);
      expect(await holder()).toBeUndefined();
    }
  });

  it('was cancelled during its run', async () => {
    let fail!: (error: Error) => void;
    await start(() => new Promise((_resolve, reject) => (fail = reject)));
    const { id } = await harness.jobs.enqueue('email:new', 1, { unique: UNIQUE });
    await harness.recorder.next('started');
    await cancel(id);
    fail(new Error('aborted'));
    await harness.recorder.next('cancelled');
    await untilFree();
  });

  it('is settled again after a crash between its end and its ack', async () => {
    await start(() => {
      harness.faults.failBuries(1, new Error('no room'));
      throw new NonRetryableJobError('never');
    });
    const { id } = await harness.jobs.enqueue('email:new', 1, { unique: UNIQUE });
    await harness.recorder.next('started');
    await settled();
    expect(await holder()).toBe(id);
    await clock.advance(1_000);
    await harness.recorder.next('failed');
    await untilFree();
  });

  it('completed without a record, where its type is not tracked', async () => {
    await start(() => 'done', { track: 'none' }, { defaults: { track: 'none' } });
    await harness.jobs.enqueue('email:new', 1, { unique: UNIQUE });
    await harness.recorder.next('completed');
    await untilFree();
    expect(faults.calls.filter((call) => call.startsWith('records.'))).toEqual([]);
  });
});

describe('a unique key stays with its job', () => {
  it('over a retry and a snooze that take longer than a key is held by itself', async () => {
    const throws = [new RetryJobError('3d', 'later'), new SnoozeJobError('4d', 'much later')];
    await start(() => {
      const error = throws.shift();
      if (error) throw error;
    });
    const { id } = await harness.jobs.enqueue('email:new', 1, { unique: UNIQUE });
    await harness.recorder.next('retryScheduled');
    await clock.advance(2 * DAY_MS);
    expect(await holder()).toBe(id);
    await clock.advance(DAY_MS);
    await harness.recorder.next('snoozed');
    await clock.advance(3 * DAY_MS);
    expect(await holder()).toBe(id);
    await clock.advance(DAY_MS);
    await harness.recorder.next('completed');
    await untilFree();
  });

  it('when it is interrupted by shutdown, and when its channel is lost', async () => {
    await start(
      (_payload, job) =>
        new Promise((_resolve, reject) => {
          job.signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
      {},
      { worker: { shutdownTimeout: '1s' } },
    );
    const { id } = await harness.jobs.enqueue('email:new', 1, { unique: UNIQUE });
    await harness.recorder.next('started');
    harness.loseConsumers('email');
    await harness.recorder.next('lost');
    await settled();
    expect(await holder()).toBe(id);
    await clock.advance(1_000);
    await harness.recorder.next('started');
    const draining = harness.warren.drain();
    await clock.advance(1_000);
    await draining;
    expect(await holder()).toBe(id);
  });

  it('when another message of it leaves as a copy', async () => {
    let finish!: () => void;
    await start(() => new Promise<void>((resolve) => (finish = resolve)));
    const { id } = await harness.jobs.enqueue('email:new', 1, { unique: UNIQUE });
    await harness.recorder.next('started');
    const { generation } = (await memory.reads.get([id]))[0]!;
    await harness.broker.publish(
      {
        body: Buffer.from('1'),
        type: 'email:new',
        messageId: id,
        headers: { 'warren-unique': KEY, 'warren-generation': generation, 'warren-token': 'copy' },
      },
      { queue: 'email' },
    );
    await harness.recorder.next('duplicate');
    await settled();
    expect(await holder()).toBe(id);
    finish();
    await harness.recorder.next('completed');
    await untilFree();
  });

  it('that took it again, as it was lost before its run', async () => {
    let finish!: () => void;
    await start(() => new Promise<void>((resolve) => (finish = resolve)));
    const { id } = await harness.jobs.enqueue('email:new', 1, { delay: '2d', unique: UNIQUE });
    await memory.unique.release(KEY, id);
    await clock.advance(2 * DAY_MS);
    await harness.recorder.next('started');
    await until(async () => (await holder()) === id, 'the job holds its key again');
    finish();
    await harness.recorder.next('completed');
    await untilFree();
  });

  it('and is not taken from another that got it meanwhile', async () => {
    await start(() => 'done');
    const { id } = await harness.jobs.enqueue('email:new', 1, { delay: '1m', unique: UNIQUE });
    await memory.unique.release(KEY, id);
    await memory.unique.reserve(KEY, 'other', DAY_MS);
    await clock.advance(60_000);
    await harness.recorder.next('completed');
    await settled();
    expect(await holder()).toBe('other');
  });
});

describe("a unique key until 'started'", () => {
  const unique = { ...UNIQUE, until: 'started' } as const;

  it('is free when the first run begins, and not before', async () => {
    const runs: Array<() => void> = [];
    await start(() => new Promise<void>((resolve) => runs.push(resolve)));
    const { id } = await harness.jobs.enqueue('email:new', 1, { delay: '1m', unique });
    await clock.advance(59_000);
    expect(await harness.jobs.enqueue('email:new', 2, { unique })).toMatchObject({ id, deduplicated: true });
    await clock.advance(1_000);
    await harness.recorder.next('started');
    await untilFree();
    const next = await harness.jobs.enqueue('email:new', 3, { unique });
    expect(next).toMatchObject({ deduplicated: false });
    await harness.recorder.next('started');
    for (const finish of runs) finish();
    await harness.recorder.until(
      (moments) => moments.filter(({ kind }) => kind === 'completed').length === 2,
    );
  });

  it('is not taken again by a retry', async () => {
    let runs = 0;
    await start(() => {
      runs += 1;
      if (runs === 1) throw new Error('once');
    });
    await harness.jobs.enqueue('email:new', 1, { unique });
    await harness.recorder.next('retryScheduled');
    await untilFree();
    await memory.unique.reserve(KEY, 'other', DAY_MS);
    await clock.advance(10_000);
    await harness.recorder.next('completed');
    await settled();
    expect(await holder()).toBe('other');
  });

  it('is free when the job ends without a run', async () => {
    await start(() => undefined, {}, { worker: { autoStart: false } });
    await harness.jobs.enqueue('email:new', 1, { ttl: '1s', unique });
    await clock.advance(2_000);
    await harness.warren.startWorker();
    expect(await harness.recorder.next('failed')).toMatchObject({ reason: 'expired' });
    await untilFree();
  });

  it('goes to the next who asks when the holder is seen to run: its worker died before it freed the key', async () => {
    let finish!: () => void;
    await start(() => new Promise<void>((resolve) => (finish = resolve)), {}, { worker: { concurrency: 1 } });
    faults.instead = (name, call) => (name === 'unique.release' ? Promise.resolve() : call());
    const { id } = await harness.jobs.enqueue('email:new', 1, { unique });
    await harness.recorder.next('started');
    await settled();
    expect(await holder()).toBe(id);
    delete faults.instead;
    expect(await harness.jobs.enqueue('email:new', 2, { unique })).toMatchObject({ deduplicated: false });
    finish();
    await harness.recorder.next('completed');
    await harness.recorder.next('started');
    finish();
  });
});

describe('a worker whose job store is away', () => {
  it('runs the job, and frees its key when the store is back', async () => {
    let finish!: () => void;
    await start(() => new Promise<void>((resolve) => (finish = resolve)));
    const { id } = await harness.jobs.enqueue('email:new', 1, { unique: UNIQUE });
    await harness.recorder.next('started');
    faults.isAway = true;
    finish();
    await harness.recorder.next('completed');
    await settled();
    expect(await holder()).toBe(id);
    faults.isAway = false;
    await clock.advance(20_000);
    await untilFree();
  });

  it('frees nothing before a call that took the key has ended', async () => {
    await start(() => 'done');
    let answer!: () => void;
    await harness.jobs.enqueue('email:new', 1, { delay: '1m', unique: UNIQUE });
    faults.instead = (name, call) =>
      name === 'unique.reserve' ? new Promise((resolve) => (answer = () => resolve(call()))) : call();
    await clock.advance(60_000);
    await harness.recorder.next('started');
    await settled();
    expect(faults.calls).not.toContain('unique.release');
    delete faults.instead;
    answer();
    await harness.recorder.next('completed');
    await untilFree();
  });
});

describe('a message of another program', () => {
  it.each([
    ['without a key', {}],
    ['with a key that no store takes', { 'warren-unique': 'ä'.repeat(200) }],
    ['with an empty key', { 'warren-unique': '' }],
  ])('%s runs, and no key is asked for', async (_what, headers) => {
    await start(() => 'done');
    await harness.broker.publish(
      { body: Buffer.from('1'), type: 'email:new', messageId: 'j', headers },
      { queue: 'email' },
    );
    await harness.recorder.next('completed');
    expect(faults.calls.filter((call) => call.startsWith('unique.'))).toEqual([]);
  });
});
