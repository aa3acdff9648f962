import type { JobContext } from '../job/context.js';
import { SnoozeJobError } from '../kernel/errors/index.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { flakyStore, type StoreFaults } from '../testing/flaky-store.js';
import { startHarness, type Harness, type HarnessHandler } from '../testing/harness.js';
import { ManualClock, settled } from '../testing/manual-clock.js';

const clock = new ManualClock();
let harness: Harness;
let store: MemoryJobStore;
/** Of the runs so far. */
let contexts: JobContext[];

async function start(
  run: HarnessHandler['run'],
  options: HarnessHandler['options'] = {},
  module: object = { store: false },
): Promise<void> {
  contexts = [];
  const handler: HarnessHandler = {
    type: 'email:',
    options,
    run: (payload, job) => {
      contexts.push(job);
      return run(payload, job);
    },
  };
  harness = await startHarness({ clock, handlers: [handler], options: module });
}

const wanted = { reason: 'the order is gone', by: 'ada' };

/** Ends when its signal is aborted, by throwing the reason. */
const obedient = (_payload: unknown, { signal }: JobContext): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

async function running(): Promise<string> {
  const { id } = await harness.jobs.enqueue('email:new', {});
  await harness.recorder.next('started');
  return id;
}

/** What is not acked would come back. */
async function expectNothingLeft(): Promise<void> {
  const told = harness.recorder.moments.length;
  harness.loseConsumers('email');
  await clock.advance(1_000);
  expect(harness.recorder.moments.slice(told)).toEqual([]);
  expect(await harness.broker.stats('email')).toMatchObject({ ready: 0, deadLetters: 0 });
}

afterEach(() => harness.close());

describe('a running job that is cancelled', () => {
  it('has its signal aborted with a coded error, and ends cancelled when its handler throws', async () => {
    await start(obedient);
    const id = await running();
    harness.warren.control.askToStop(id, wanted);
    await settled();
    expect(contexts[0]!.signal.reason).toMatchObject({
      code: 'WARREN_JOB_CANCELLED',
      message: expect.stringMatching(/cancelled by ada \(the order is gone\)/) as string,
      details: wanted,
    });
    expect(harness.recorder.all('cancelled').at(-1)).toMatchObject({ jobId: id, attempt: 1, ...wanted });
    await expectNothingLeft();
  });

  it('ends cancelled whatever its handler throws then', async () => {
    await start(async (_payload, job) => {
      await obedient(_payload, job).catch(() => undefined);
      throw new SnoozeJobError('1m');
    });
    const id = await running();
    harness.warren.control.askToStop(id, wanted);
    await settled();
    expect(harness.recorder.all('cancelled').at(-1)).toMatchObject({ jobId: id });
    await expectNothingLeft();
  });

  it('may complete all the same', async () => {
    await start(async (payload, job) => {
      await obedient(payload, job).catch(() => undefined);
      return 'done before that';
    });
    const id = await running();
    harness.warren.control.askToStop(id, wanted);
    await settled();
    expect(harness.recorder.all('completed').at(-1)).toMatchObject({ jobId: id, result: 'done before that' });
    expect(harness.recorder.all('cancelled')).toEqual([]);
    await expectNothingLeft();
  });

  it('counts as cancelled after 5 s when its handler does not stop, which goes on alone', async () => {
    let end!: () => void;
    await start(() => new Promise<void>((resolve) => (end = resolve)));
    const id = await running();
    harness.warren.control.askToStop(id, wanted);
    await clock.advance(4_999);
    expect(harness.recorder.all('cancelled')).toEqual([]);
    await clock.advance(1);
    expect(harness.recorder.all('cancelled').at(-1)).toMatchObject({ jobId: id, ...wanted });
    expect(harness.warren.zombieCount).toBe(1);
    expect(harness.lines('warn')).toEqual([expect.stringMatching(/the attempt counts as cancelled/)]);
    end();
    await settled();
    expect(harness.warren.zombieCount).toBe(0);
    await expectNothingLeft();
  });

  it('is cancelled in whichever process it runs, and nothing else is', async () => {
    await start(obedient);
    const other = await harness.another({ options: { store: false, worker: false } });
    const [first, second] = [await running(), await running()];
    other.warren.control.askToStop(second, {});
    await settled();
    expect(harness.recorder.all('cancelled')).toMatchObject([{ jobId: second, reason: undefined }]);
    expect(contexts.find(({ id }) => id === first)!.signal.aborted).toBe(false);
    harness.warren.control.askToStop(first, wanted);
    await settled();
    expect(harness.recorder.all('cancelled')).toHaveLength(2);
  });

  it('ends cancelled when it had timed out before, or shutdown had interrupted it', async () => {
    const stubborn: Array<(error: Error) => void> = [];
    await start(() => new Promise((_, reject) => stubborn.push(reject)), { timeout: '1s' });
    const id = await running();
    await clock.advance(1_000);
    expect(contexts[0]!.signal.reason).toMatchObject({ code: 'WARREN_TIMEOUT' });
    harness.warren.control.askToStop(id, wanted);
    stubborn[0]!(new Error('late'));
    await settled();
    expect(harness.recorder.all('cancelled').at(-1)).toMatchObject({ jobId: id });
    await expectNothingLeft();
  });

  it('is lost, and cancelled where it comes again, when its channel had gone before', async () => {
    await start(obedient);
    const id = await running();
    harness.loseConsumers('email');
    harness.warren.control.askToStop(id, wanted);
    await clock.advance(10_000);
    const ends = harness.recorder.moments.filter(({ kind }) => kind === 'lost' || kind === 'cancelled');
    expect(ends).toMatchObject([
      { kind: 'lost', jobId: id },
      { kind: 'cancelled', jobId: id, ...wanted },
    ]);
    expect(contexts).toHaveLength(1);
    await expectNothingLeft();
  });
});

describe('a job that is cancelled just before it begins', () => {
  it('leaves without a run', async () => {
    await start(() => 'ran');
    const { id } = await harness.jobs.enqueue('email:new', {}, { delay: '30s' });
    harness.warren.control.askToStop(id, wanted);
    await clock.advance(31_000);
    expect(contexts).toEqual([]);
    expect(harness.recorder.all('cancelled').at(-1)).toMatchObject({ jobId: id, ...wanted });
    await expectNothingLeft();
  });

  it('runs when that is more than a minute ago', async () => {
    await start(() => 'ran');
    const { id } = await harness.jobs.enqueue('email:new', {}, { delay: '61s' });
    harness.warren.control.askToStop(id, wanted);
    await clock.advance(62_000);
    expect(harness.recorder.all('completed').at(-1)).toMatchObject({ jobId: id });
  });

  it('runs when the store, which was told before, says that it may: somebody opened it again', async () => {
    store = new MemoryJobStore({ clock });
    await start(() => 'ran', {}, { store });
    const { id } = await harness.jobs.enqueue('email:new', {}, { delay: '1s' });
    harness.warren.control.askToStop(id, wanted);
    await clock.advance(2_000);
    expect(harness.recorder.all('completed').at(-1)).toMatchObject({ jobId: id });
  });
});

describe('a cancellation of before its job was retried', () => {
  let faults: StoreFaults;

  /** Cancelled while it waited, of which this process is told by `tell`, and then retried: its message is of generation 3. */
  async function retried(tell: (id: string) => void): Promise<string> {
    store = new MemoryJobStore({ clock });
    faults = { isAway: false, calls: [] };
    await start(obedient, {}, { store: flakyStore(store, faults), worker: { autoStart: false } });
    const { id } = await harness.jobs.enqueue('email:new', {}, { delay: '1h' });
    await harness.jobs.cancel(id);
    tell(id);
    await harness.jobs.retry(id);
    return id;
  }

  it('leaves the retry alone that runs when it is heard', async () => {
    const id = await retried(() => undefined);
    await harness.warren.startWorker();
    await harness.recorder.next('started');
    harness.warren.control.askToStop(id, { ...wanted, generation: 1 });
    await settled();
    expect(contexts[0]!.signal.aborted).toBe(false);
    harness.warren.control.askToStop(id, { ...wanted, generation: 3 });
    expect(await harness.recorder.next('cancelled', ({ by }) => by === 'ada')).toMatchObject({ jobId: id });
  });

  it('leaves the retry alone that begins with the store away', async () => {
    const id = await retried((asked) =>
      harness.warren.control.askToStop(asked, { ...wanted, generation: 1 }),
    );
    faults.isAway = true;
    await harness.warren.startWorker();
    expect(await harness.recorder.next('started')).toMatchObject({ jobId: id });
    expect(contexts[0]!.signal.aborted).toBe(false);
    faults.isAway = false;
  });

  it('is sent with the generation of the job, also to other processes', async () => {
    store = new MemoryJobStore({ clock });
    await start(obedient, {}, { store });
    const bodies: unknown[] = [];
    harness.broker.signals.listen('control', { onSignal: ({ body }) => void bodies.push(body) });
    const id = await running();
    expect(await harness.jobs.cancel(id, { by: 'ada' })).toBe('cancelling');
    await harness.recorder.next('cancelled');
    expect(bodies).toMatchObject([{ kind: 'cancel', id, by: 'ada', generation: 1 }]);
  });
});

describe('a cancelled run with a job store', () => {
  it('is recorded with its attempt', async () => {
    store = new MemoryJobStore({ clock });
    await start(obedient, {}, { store });
    const id = await running();
    harness.warren.control.askToStop(id, wanted);
    await settled();
    const [record] = await store.reads.get([id]);
    expect(record).toMatchObject({
      state: 'cancelled',
      attempt: 1,
      attempts: [{ number: 1, outcome: 'cancelled' }],
    });
    await expectNothingLeft();
  });
});

describe('asking to stop', () => {
  it('throws nothing in a process that takes no jobs, nor for a job that nobody has', async () => {
    await start(() => 'ran');
    const other = await harness.another({ options: { store: false, worker: false } });
    expect(() => other.warren.control.askToStop('no-such-job', {})).not.toThrow();
    const long = 'x'.repeat(100_000);
    expect(() => other.warren.control.askToStop('no-such-job', { reason: long, by: long })).not.toThrow();
    await settled();
    expect(harness.lines('error')).toEqual([]);
  });
});
