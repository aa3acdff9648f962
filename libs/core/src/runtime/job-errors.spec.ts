import { JobContext } from '../job/context.js';
import { fixed } from '../kernel/backoff.js';
import {
  NonRetryableJobError,
  RateLimitedJobError,
  SnoozeJobError,
  WarrenError,
} from '../kernel/errors/index.js';
import type { JobErrorHook } from '../options/error-hook.js';
import type { HandlerOptions } from '../options/handler.js';
import type { JobsOptions } from '../options/module.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { ManualClock, settled } from '../testing/manual-clock.js';

interface Told {
  readonly job: JobContext;
  readonly error: unknown;
  readonly final: boolean;
}

describe('onJobError', () => {
  let harness: Harness;
  let told: Told[];
  let hook: JobErrorHook;

  beforeEach(() => {
    told = [];
    hook = (job, error, { final }) => void told.push({ job, error, final });
  });
  afterEach(() => harness.close());

  async function start(
    run: (job: JobContext) => unknown,
    options: HandlerOptions = {},
    { store }: Pick<JobsOptions, 'store'> = {},
  ): Promise<void> {
    const retried = { attempts: 2, backoff: fixed('1s', { jitter: 'none' }), ...options };
    const clock = new ManualClock();
    harness = await startHarness({
      clock,
      handlers: [
        { type: 'email:new', options: retried, run: (_payload, job) => run(job) },
        { type: 'alert:new', run: () => 'told' },
      ],
      options: {
        onJobError: (...given) => hook(...given),
        store: store ?? new MemoryJobStore({ clock }),
        worker: { shutdownTimeout: '1s' },
      },
    });
  }

  it('hears of each failed attempt, with the error as thrown, and of which was the last', async () => {
    const errors: unknown[] = [new Error('first'), 'second, no error at all'];
    await start(({ attempt }) => Promise.reject(errors[attempt - 1]));
    const { id } = await harness.jobs.enqueue('email:new', { to: 'a' }, { correlationId: 'request-7' });
    await harness.recorder.next('retryScheduled');
    await harness.clock.advance(1_000);
    await harness.recorder.next('failed');
    expect(told).toHaveLength(2);
    expect(told.map(({ error }) => error)).toEqual(errors);
    expect(told[0]!.error).toBe(errors[0]);
    expect(told.map(({ final }) => final)).toEqual([false, true]);
    expect(told.map(({ job }) => job.attempt)).toEqual([1, 2]);
    expect(told[0]!.job).toMatchObject({ id, payload: { to: 'a' }, correlationId: 'request-7' });
  });

  it('hears of an error that ends the job at once', async () => {
    const gone = new NonRetryableJobError('gone');
    await start(() => Promise.reject(gone));
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('failed');
    expect(told).toMatchObject([{ final: true, error: gone }]);
  });

  it('hears of a timeout, also of a handler that does not stop', async () => {
    await start(() => new Promise(() => undefined), { timeout: '30s', attempts: 1 });
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started');
    await harness.clock.advance(30_000);
    await harness.clock.advance(5_000);
    await harness.recorder.next('failed');
    expect(told).toMatchObject([{ final: true, error: { code: 'WARREN_TIMEOUT' } }]);
  });

  it('hears of a job for which there is no handler', async () => {
    await start(() => 'sent');
    await harness.jobs.enqueue('email:old', { to: 'b' });
    await harness.recorder.next('retryScheduled');
    expect(told).toMatchObject([{ final: false, error: { code: 'WARREN_NO_HANDLER' } }]);
    expect(told[0]!.job).toMatchObject({ type: 'email:old', attempt: 1, payload: { to: 'b' } });
  });

  it('hears of nothing where all is well: completed, snoozed, cancelled, cut by shutdown', async () => {
    let run: (job: JobContext) => unknown = () => 'sent';
    await start((job) => run(job));
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('completed');
    run = () => Promise.reject(new SnoozeJobError('1h'));
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('snoozed');
    run = () => new RateLimitedJobError('1h');
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('snoozed');
    const untilAborted = ({ signal }: JobContext) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped')));
      });
    run = untilAborted;
    const { id } = await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started', ({ jobId }) => jobId === id);
    await harness.jobs.cancel(id);
    await harness.recorder.next('cancelled');
    const cut = await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started', ({ jobId }) => jobId === cut.id);
    const closing = harness.warren.close();
    await harness.clock.advance(60_000);
    await closing;
    await harness.recorder.next('interrupted');
    expect(told).toEqual([]);
  });

  it.each([
    ['once', 'with a job store, which knows the end', undefined],
    ['for each run', 'without one', false as const],
  ])(
    'hears %s of a job that the broker did not take into the dead letters at first, %s',
    async (times, _with, store) => {
      await start(() => Promise.reject(new Error('no')), { attempts: 1 }, { store });
      harness.faults.failBuries(1, new WarrenError('WARREN_NOT_CONNECTED', 'away'));
      await harness.jobs.enqueue('email:new');
      await harness.recorder.next('started');
      await harness.clock.advance(60_000);
      await harness.recorder.next('settleFailed');
      await harness.recorder.next('failed');
      expect(told.map(({ final }) => final)).toEqual(times === 'once' ? [true] : [true, true]);
    },
  );

  it('runs with the job as the current one, so that what it enqueues is of its line', async () => {
    hook = async () => void (await harness.jobs.enqueue('alert:new'));
    await start(() => Promise.reject(new Error('no')), { attempts: 1 });
    const { id } = await harness.jobs.enqueue('email:new', null, { correlationId: 'request-7' });
    const { jobId } = await harness.recorder.next('completed');
    expect(await harness.jobs.get(jobId)).toMatchObject({ parentId: id, correlationId: 'request-7' });
  });

  it.each<[string, JobErrorHook]>([
    [
      'throws',
      () => {
        throw new Error('tracker away');
      },
    ],
    ['rejects', () => Promise.reject(new Error('tracker away'))],
  ])('that %s changes nothing for the job, and is logged once', async (_how, broken) => {
    hook = (...given) => {
      told.push({ job: given[0], error: given[1], final: given[2].final });
      return broken(...given);
    };
    await start(() => Promise.reject(new Error('no')));
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('retryScheduled');
    await harness.clock.advance(1_000);
    await harness.recorder.next('failed');
    await settled();
    expect(told).toHaveLength(2);
    expect(harness.lines('error').filter((line) => line.includes('onJobError'))).toEqual([
      expect.stringMatching(
        /^onJobError failed for email:new .*: Error: tracker away\. The job is not affected/,
      ),
    ]);
  });

  it('is not waited for', async () => {
    hook = () => new Promise(() => undefined);
    await start(() => Promise.reject(new Error('no')), { attempts: 1 });
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('failed');
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('failed');
  });
});
