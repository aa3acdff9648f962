import type { JobContext } from '../job/context.js';
import type { PayloadContract } from '../job/definition.js';
import { NonRetryableJobError, RetryJobError, SnoozeJobError } from '../kernel/errors/index.js';
import type { HandlerOptions } from '../options/handler.js';
import { settled } from '../testing/manual-clock.js';
import { startHarness, type Harness } from '../testing/harness.js';

describe('timeouts', () => {
  let harness: Harness;
  afterEach(() => harness.close());

  const start = async (
    run: (payload: unknown, job: JobContext) => unknown,
    options: HandlerOptions = {},
    payload?: PayloadContract,
  ) => {
    harness = await startHarness({
      handlers: [{ type: 'email:new', options: { timeout: '30s', attempts: 1, ...options }, payload, run }],
    });
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started');
  };

  it('aborts the signal at the timeout and fails the attempt', async () => {
    let reason: unknown;
    await start(
      (_payload, job) =>
        new Promise((_resolve, reject) => {
          job.signal.addEventListener('abort', () => {
            reason = job.signal.reason;
            reject(new Error('stopped'));
          });
        }),
    );
    await harness.clock.advance(29_999);
    expect(reason).toBeUndefined();
    await harness.clock.advance(1);
    const failed = await harness.recorder.next('failed');
    expect(failed.error).toMatchObject({ code: 'WARREN_TIMEOUT' });
    expect(reason).toMatchObject({ code: 'WARREN_TIMEOUT' });
  });

  it('moves with each heartbeat', async () => {
    let beat!: () => void;
    let finish!: (value: string) => void;
    await start((_payload, job) => {
      beat = () => job.heartbeat();
      return new Promise((resolve) => (finish = resolve));
    });
    await harness.clock.advance(29_000);
    beat();
    await harness.clock.advance(29_000);
    finish('in time');
    expect(await harness.recorder.next('completed')).toMatchObject({ result: 'in time' });
  });

  it('completes a job whose handler ends by itself after the signal was aborted', async () => {
    let finish!: (value: string) => void;
    await start(() => new Promise((resolve) => (finish = resolve)));
    await harness.clock.advance(31_000);
    finish('just so');
    expect(await harness.recorder.next('completed')).toMatchObject({ result: 'just so' });
  });

  it('stops waiting for a handler that ignores its signal, and drops what it brings later', async () => {
    let finish!: (value: string) => void;
    await start(() => new Promise((resolve) => (finish = resolve)));
    await harness.clock.advance(35_000);
    expect(await harness.recorder.next('failed')).toMatchObject({ error: { code: 'WARREN_TIMEOUT' } });
    finish('too late');
    await harness.clock.advance(1);
    expect(harness.recorder.all('completed')).toEqual([]);
    expect(harness.lines('warn').join()).toContain('still runs');
  });

  describe('a handler that was given up', () => {
    const place = "in handler of 'email:new'";

    async function startZombies(count: number) {
      const ends: Array<{ resolve: (value: string) => void; reject: (error: unknown) => void }> = [];
      harness = await startHarness({
        handlers: [
          {
            type: 'email:new',
            options: { timeout: '30s', attempts: 1 },
            run: () => new Promise((resolve, reject) => ends.push({ resolve, reject })),
          },
        ],
        options: { worker: { concurrency: count } },
      });
      const ids = Array.from({ length: count }, (_, index) => `z-${index}`);
      for (const id of ids) await harness.jobs.enqueue('email:new', {}, { id });
      for (const _ of ids) await harness.recorder.next('started');
      return ends;
    }

    it('is counted until it ends, in a slot of nobody', async () => {
      const ends = await startZombies(2);
      const { jobWorker } = harness.warren;
      await harness.clock.advance(34_999);
      expect([jobWorker.running, jobWorker.zombies]).toEqual([2, 0]);
      await harness.clock.advance(1);
      expect([jobWorker.running, jobWorker.zombies]).toEqual([0, 2]);
      await harness.jobs.enqueue('email:new');
      await harness.recorder.next('started');
      expect([jobWorker.running, jobWorker.zombies]).toEqual([1, 2]);
      ends[0]!.resolve('late');
      await settled();
      expect(jobWorker.zombies).toBe(1);
      ends[1]!.reject(new Error('later'));
      await settled();
      expect(jobWorker.zombies).toBe(0);
    });

    it('is told of when it is given up and when it ends, with the number of those left', async () => {
      const ends = await startZombies(2);
      await harness.clock.advance(35_000);
      expect(harness.lines('warn').join()).toMatch(
        /still run in this process: 1\..*still run in this process: 2\./,
      );
      await harness.clock.advance(12_000);
      ends[0]!.reject(new TypeError('socket is gone'));
      await harness.clock.advance(60_000);
      ends[1]!.resolve('late');
      await settled();
      expect(harness.lines('info').filter((line) => line.includes('given up'))).toEqual([
        `Attempt 1 of email:new z-0 ${place} ended 12s after it was given up (it threw TypeError: socket is gone); what it brought was dropped. Handlers given up that still run in this process: 1.`,
        `Attempt 1 of email:new z-1 ${place} ended 1m 12s after it was given up (it returned); what it brought was dropped. Handlers given up that still run in this process: 0.`,
      ]);
    });

    it('is none when it ends within the grace', async () => {
      const ends = await startZombies(1);
      await harness.clock.advance(34_999);
      ends[0]!.resolve('just so');
      await harness.clock.advance(60_000);
      expect(harness.warren.jobWorker.zombies).toBe(0);
      expect([...harness.lines('info'), ...harness.lines('warn')].join()).not.toContain('given up');
    });
  });

  it('counts a validation that does not end, and says that the handler was not called', async () => {
    let validated!: (result: { value: unknown }) => void;
    const validate = () => new Promise<{ value: unknown }>((resolve) => (validated = resolve));
    await start(() => undefined, {}, { '~standard': { version: 1 as const, vendor: 'test', validate } });
    await harness.clock.advance(35_000);
    expect(harness.warren.jobWorker.zombies).toBe(1);
    validated({ value: 'late' });
    await settled();
    expect(harness.warren.jobWorker.zombies).toBe(0);
    expect(harness.lines('info').join()).toContain('(its handler was not called)');
  });

  it.each([
    ['NonRetryableJobError', new NonRetryableJobError('gone'), 'failed', { reason: 'terminated' }],
    ['RetryJobError', new RetryJobError('42s'), 'retryScheduled', { delayMs: 42_000 }],
    ['SnoozeJobError', new SnoozeJobError('7s'), 'snoozed', { delayMs: 7_000 }],
  ] as const)('obeys %s thrown after the abort', async (_what, thrown, moment, expected) => {
    await start(
      (_payload, job) =>
        new Promise((_resolve, reject) => job.signal.addEventListener('abort', () => reject(thrown))),
      { attempts: 2 },
    );
    await harness.clock.advance(30_000);
    expect(await harness.recorder.next(moment)).toMatchObject(expected);
  });

  it('fails an attempt whose validation took longer, and does not call its handler', async () => {
    let validated!: (result: { value: unknown }) => void;
    let runs = 0;
    const validate = () => new Promise<{ value: unknown }>((resolve) => (validated = resolve));
    const schema = { '~standard': { version: 1 as const, vendor: 'test', validate } };
    await start(() => (runs += 1), {}, schema);
    await harness.clock.advance(30_000);
    validated({ value: 'late' });
    expect(await harness.recorder.next('failed')).toMatchObject({ error: { code: 'WARREN_TIMEOUT' } });
    expect(runs).toBe(0);
  });

  it('survives a handler that throws oddly after it was aborted', async () => {
    await start(
      (_payload, job) =>
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        new Promise((_resolve, reject) => job.signal.addEventListener('abort', () => reject(null))),
    );
    await harness.clock.advance(30_000);
    expect(await harness.recorder.next('failed')).toMatchObject({ error: { code: 'WARREN_TIMEOUT' } });
  });
});
