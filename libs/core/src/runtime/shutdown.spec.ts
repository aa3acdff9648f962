import { startHarness, type Harness } from '../testing/harness.js';

describe('shutdown', () => {
  let harness: Harness;
  afterEach(() => harness.close());

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

  it('aborts the signals at shutdownTimeout and gives the jobs back with no attempt spent', async () => {
    await withFiveJobs(
      (signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        ),
    );
    const closed = harness.warren.drain();
    await harness.clock.advance(30_000);
    await closed;
    expect(harness.recorder.all('interrupted')).toMatchObject([{ attempt: 1 }, { attempt: 1 }]);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 5, deadLetters: 0 });
  });

  it('does not wait for handlers that ignore the abort', async () => {
    await withFiveJobs((_signal, finished) => finished);
    const closed = harness.warren.drain();
    await harness.clock.advance(31_000);
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
