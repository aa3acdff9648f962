import type { JobContext } from '../job/context.js';
import type { PayloadContract } from '../job/definition.js';
import { NonRetryableJobError, RetryJobError, SnoozeJobError } from '../kernel/errors/index.js';
import type { HandlerOptions } from '../options/handler.js';
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
