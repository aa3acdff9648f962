import { jest } from '@jest/globals';
import { MemoryBroker } from '../broker/memory/index.js';
import { WarrenError } from '../kernel/errors/index.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { settled } from '../testing/manual-clock.js';

describe('shutdown', () => {
  let harness: Harness;
  afterEach(async () => {
    jest.restoreAllMocks();
    await harness.close();
  });

  /** Two jobs run (concurrency 2), three wait. */
  async function withFiveJobs(run: (signal: AbortSignal, finished: Promise<string>) => unknown) {
    let finish!: (value: string) => void;
    const finished = new Promise<string>((resolve) => (finish = resolve));
    harness = await startHarness({
      handlers: [{ type: 'email:new', run: (_payload, job) => run(job.signal, finished) }],
      options: { worker: { concurrency: 2, shutdownTimeout: '30s' } },
    });
    for (let index = 0; index < 5; index += 1) await harness.jobs.enqueue('email:new', index);
    await harness.recorder.next('started');
    await harness.recorder.next('started');
    return { finish };
  }

  it('waits for what runs, starts nothing new, and keeps what waits', async () => {
    const { finish } = await withFiveJobs((_signal, finished) => finished);
    const closed = harness.warren.drain();
    await harness.clock.advance(29_000);
    finish('done');
    await closed;
    expect(harness.recorder.all('completed')).toHaveLength(2);
    expect(harness.recorder.all('started')).toHaveLength(2);
    expect(harness.recorder.all('workerDrained')).toMatchObject([{ finished: 2, cut: 0 }]);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 3, deadLetters: 0 });
  });

  const untilAborted = (signal: AbortSignal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

  /** What another worker sees of all five. */
  async function elsewhere() {
    const seen: Array<readonly [attempt: number, redelivered: boolean, deliveries: number]> = [];
    const other = await harness.another({
      handlers: [
        { type: 'email:new', run: (_, job) => seen.push([job.attempt, job.redelivered, job.deliveries]) },
      ],
    });
    for (let index = 0; index < 5; index += 1) await other.recorder.next('completed');
    return seen.sort();
  }

  it('aborts the signals at shutdownTimeout; the same attempts run elsewhere, as if never handed out', async () => {
    await withFiveJobs(untilAborted);
    const closed = harness.warren.drain();
    await harness.clock.advance(30_001);
    await closed;
    expect(harness.recorder.all('interrupted')).toMatchObject([{ attempt: 1 }, { attempt: 1 }]);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 5, deadLetters: 0 });
    expect(await elsewhere()).toEqual(Array.from({ length: 5 }, () => [1, false, 1]));
  });

  it('gives interrupted jobs back when they cannot be published', async () => {
    await withFiveJobs(untilAborted);
    harness.faults.failPublishes(2, new WarrenError('WARREN_PUBLISH_REFUSED', 'no'));
    const closed = harness.warren.drain();
    await harness.clock.advance(30_000);
    await closed;
    expect(harness.recorder.all('interrupted')).toHaveLength(2);
    expect((await elsewhere()).filter(([, redelivered]) => redelivered)).toHaveLength(2);
  });

  it('gives interrupted jobs back at once while the broker is not connected', async () => {
    await withFiveJobs(untilAborted);
    jest
      .spyOn(MemoryBroker.prototype, 'status')
      .mockReturnValue({ state: 'connecting', text: 'away', consumers: [] });
    const publish = jest.spyOn(MemoryBroker.prototype, 'publish');
    const closed = harness.warren.drain();
    await harness.clock.advance(30_000);
    await closed;
    expect(publish).not.toHaveBeenCalled();
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 5 });
  });

  it('waits two seconds at most for a broker that does not confirm', async () => {
    await withFiveJobs(untilAborted);
    harness.faults.slowDown(60_000);
    let isDrained = false;
    const closed = harness.warren.drain().then(() => (isDrained = true));
    await harness.clock.advance(31_999);
    expect(isDrained).toBe(false);
    await harness.clock.advance(1);
    await closed;
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 5 });
  });

  it('says how many handlers still run when it ends, and of each when that ends', async () => {
    const { finish } = await withFiveJobs((_signal, finished) => finished);
    const closed = harness.warren.drain();
    await harness.clock.advance(31_000);
    await closed;
    expect(harness.recorder.all('workerDrained')).toMatchObject([{ finished: 0, cut: 2, zombies: 2 }]);
    expect(harness.lines('warn').join()).toMatch(
      /2 cut at shutdownTimeout; 2 handlers still run in spite of/,
    );
    expect(harness.warren.jobWorker.zombies).toBe(2);
    finish('late');
    await settled();
    expect(harness.warren.jobWorker.zombies).toBe(0);
    expect(harness.lines('info').filter((line) => line.includes('after it was given up'))).toHaveLength(2);
    expect(harness.recorder.all('completed')).toEqual([]);
  });

  it('publishes nothing for a run whose channel ends after the abort', async () => {
    await withFiveJobs((_signal, finished) => finished);
    const publish = jest.spyOn(MemoryBroker.prototype, 'publish');
    const closed = harness.warren.drain();
    await harness.clock.advance(30_500);
    harness.loseConsumers('email');
    await harness.clock.advance(500);
    await closed;
    expect(publish).not.toHaveBeenCalled();
    expect(harness.recorder.all('lost')).toHaveLength(2);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 5 });
  });

  it('starts no job that waited for an earlier run of itself to end', async () => {
    let runs = 0;
    harness = await startHarness({
      handlers: [
        {
          type: 'email:new',
          run: () => {
            runs += 1;
            return new Promise(() => undefined);
          },
        },
      ],
      options: { worker: { shutdownTimeout: '1s' } },
    });
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started');
    harness.loseConsumers('email');
    await settled();
    const closed = harness.warren.drain();
    await harness.clock.advance(2_000);
    await closed;
    expect(runs).toBe(1);
    expect(harness.recorder.all('workerDrained')).toMatchObject([{ finished: 0, givenBack: 1, cut: 1 }]);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 1 });
  });

  it('does not start a handler that was cut while its payload was validated', async () => {
    let validated!: (result: { value: unknown }) => void;
    let runs = 0;
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: () => new Promise<{ value: unknown }>((resolve) => (validated = resolve)),
      },
    };
    harness = await startHarness({
      handlers: [{ type: 'email:new', payload: schema, run: () => (runs += 1) }],
    });
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started');
    const closed = harness.warren.drain();
    await harness.clock.advance(31_000);
    await closed;
    validated({ value: 'late' });
    await settled();
    expect(runs).toBe(0);
  });

  it('does not wait for handlers that ignore the abort', async () => {
    await withFiveJobs((_signal, finished) => finished);
    const closed = harness.warren.drain();
    await harness.clock.advance(31_001);
    await closed;
    expect(harness.recorder.all('workerDrained')).toMatchObject([{ finished: 0, cut: 2 }]);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 5 });
  });

  it('lets running handlers enqueue until the last of them is done', async () => {
    const { finish } = await withFiveJobs(async (_signal, finished) => {
      await finished;
      await harness.jobs.enqueue('report:after');
    });
    const closed = harness.warren.close();
    finish('done');
    await closed;
    expect(harness.recorder.all('completed')).toHaveLength(2);
    expect(harness.recorder.all('enqueued').filter(({ type }) => type === 'report:after')).toHaveLength(2);
  });
});
