import { defineJob } from '../job/definition.js';
import { custom, fixed } from '../kernel/backoff.js';
import { NonRetryableJobError, RetryJobError, SnoozeJobError } from '../kernel/errors/index.js';
import { startHarness, type Harness } from '../testing/harness.js';

describe('attempts', () => {
  let harness: Harness;
  afterEach(() => harness.close());

  /** Starts one handler of 'email:new' that answers its attempts in turn. */
  async function withAnswers(answers: ReadonlyArray<() => unknown>, options = {}) {
    const attempts: number[] = [];
    harness = await startHarness({
      handlers: [
        {
          type: 'email:new',
          options: { attempts: 3, backoff: fixed('10s', { jitter: 'none' }), ...options },
          run: (_payload, job) => {
            attempts.push(job.attempt);
            return (answers[attempts.length - 1] ?? answers.at(-1)!)();
          },
        },
      ],
    });
    return attempts;
  }

  const fail = (thrown: unknown) => () => {
    throw thrown;
  };

  it('completes a job whose handler returns, and takes it off the queue', async () => {
    const attempts = await withAnswers([() => 'receipt']);
    const job = await harness.jobs.enqueue('email:new', { to: 'a@example.com' });
    const completed = await harness.recorder.next('completed');
    expect(completed).toMatchObject({ jobId: job.id, attempt: 1, result: 'receipt' });
    expect(attempts).toEqual([1]);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 0, deadLetters: 0 });
  });

  it('tries a failed job again after its backoff, not before', async () => {
    const attempts = await withAnswers([fail(new Error('SMTP is down')), () => 'ok']);
    await harness.jobs.enqueue('email:new');
    const retry = await harness.recorder.next('retryScheduled');
    expect(retry).toMatchObject({
      attempt: 1,
      maxAttempts: 3,
      delayMs: 10_000,
      error: { message: 'SMTP is down' },
    });
    await harness.clock.advance(9_999);
    expect(attempts).toEqual([1]);
    await harness.clock.advance(1);
    expect(await harness.recorder.next('completed')).toMatchObject({ attempt: 2 });
  });

  it('puts a job into the dead letters with its history when its attempts are used up', async () => {
    await withAnswers([fail(new Error('first')), fail('second'), fail(null)]);
    const job = await harness.jobs.enqueue('email:new', { to: 'a@example.com' });
    await harness.recorder.next('retryScheduled');
    await harness.clock.advance(10_000);
    await harness.clock.advance(10_000);
    expect(await harness.recorder.next('failed')).toMatchObject({ reason: 'exhausted', attempt: 3 });
    const [letter, ...others] = await harness.jobs.deadLetters('email').list();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ id: job.id, type: 'email:new', reason: 'exhausted', attempts: 3 });
    expect(letter!.history.map(({ number, error }) => [number, error.name, error.message])).toEqual([
      [1, 'Error', 'first'],
      [2, 'NonError', 'thrown: second'],
      [3, 'NonError', 'thrown: null'],
    ]);
    expect(letter!.history[0]!.error.stack).toMatch(/^at /);
  });

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a string', 'no'],
    ['a cyclic object', cyclic()],
    [
      'an object whose message throws',
      {
        get message() {
          throw new Error('gotcha');
        },
      },
    ],
    ['a BigInt', 10n],
  ])('survives a handler that throws %s', async (_what, thrown) => {
    const attempts = await withAnswers([fail(thrown), () => 'ok']);
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('retryScheduled');
    await harness.clock.advance(10_000);
    await harness.recorder.next('completed');
    expect(attempts).toEqual([1, 2]);
  });

  it.each([
    ['a BigInt', 10n],
    ['a cyclic object', cyclic()],
    ['a function', () => undefined],
  ])('completes a job once whose result is %s', async (_what, result) => {
    const attempts = await withAnswers([() => result]);
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('completed');
    await harness.clock.advance(60_000);
    expect(attempts).toEqual([1]);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 0, deadLetters: 0 });
  });

  it('fails at once on NonRetryableJobError', async () => {
    await withAnswers([fail(new NonRetryableJobError('the target is gone'))]);
    await harness.jobs.enqueue('email:new');
    expect(await harness.recorder.next('failed')).toMatchObject({ reason: 'terminated', attempt: 1 });
  });

  it('retries a job whose handler enqueued another one with an invalid payload', async () => {
    const other = defineJob()('email:other', { payload: refusing });
    await withAnswers([() => harness.jobs.enqueue(other, 'bad'), () => 'ok']);
    await harness.jobs.enqueue('email:new');
    const retry = await harness.recorder.next('retryScheduled');
    expect(retry.error).toMatchObject({ code: 'WARREN_PAYLOAD_INVALID' });
  });

  it('rejects a job whose own payload is invalid, without a retry', async () => {
    harness = await startHarness({
      handlers: [{ type: 'email:new', payload: refusing, run: () => 'ran' }],
    });
    await harness.jobs.enqueue('email:new', 'bad');
    expect(await harness.recorder.next('failed')).toMatchObject({ reason: 'rejected', attempt: 1 });
  });

  it.each([
    ['retry', 'retryScheduled', new RetryJobError(0), 2],
    ['snooze', 'snoozed', new SnoozeJobError(0), 1],
  ] as const)('takes a %s without delay back into a full queue', async (_what, moment, thrown, attempt) => {
    let isFirst = true;
    let proceed!: () => void;
    const mayEnd = new Promise<void>((resolve) => (proceed = resolve));
    harness = await startHarness({
      handlers: [
        {
          type: 'email:new',
          run: async () => {
            await mayEnd;
            if (!isFirst) return;
            isFirst = false;
            throw thrown;
          },
        },
      ],
      options: { queues: { email: { maxLength: 1 } }, worker: { concurrency: 1 } },
    });
    const job = await harness.jobs.enqueue('email:new', 'first');
    await harness.recorder.next('started');
    await harness.jobs.enqueue('email:new', 'second');
    proceed();
    await harness.recorder.next(moment);
    await harness.clock.advance(1);
    expect(await harness.recorder.next('completed', ({ jobId }) => jobId === job.id)).toMatchObject({
      attempt,
    });
    expect(harness.recorder.all('settleFailed')).toEqual([]);
  });

  it('retries after the delay that RetryJobError names', async () => {
    await withAnswers([fail(new RetryJobError('42s')), () => 'ok']);
    await harness.jobs.enqueue('email:new');
    expect(await harness.recorder.next('retryScheduled')).toMatchObject({ delayMs: 42_000 });
    await harness.clock.advance(42_000);
    expect(await harness.recorder.next('completed')).toMatchObject({ attempt: 2 });
  });

  it('spends no attempt on SnoozeJobError', async () => {
    const snooze = fail(new SnoozeJobError('5s', 'not ready'));
    const attempts = await withAnswers([snooze, snooze, snooze, snooze, () => 'ok']);
    await harness.jobs.enqueue('email:new');
    for (let count = 0; count < 4; count += 1) {
      expect(await harness.recorder.next('snoozed')).toMatchObject({ delayMs: 5_000, reason: 'not ready' });
      await harness.clock.advance(5_000);
    }
    await harness.recorder.next('completed');
    expect(attempts).toEqual([1, 1, 1, 1, 1]);
  });

  it('asks retryIf, and fails without a retry when it says no', async () => {
    const asked: unknown[] = [];
    const retryIf = (error: unknown, attempt: number) => {
      asked.push([(error as Error).message, attempt]);
      return false;
    };
    await withAnswers([fail(new Error('bad request'))], { retryIf });
    await harness.jobs.enqueue('email:new');
    expect(await harness.recorder.next('failed')).toMatchObject({ reason: 'terminated' });
    expect(asked).toEqual([['bad request', 1]]);
  });

  it('retries by default when retryIf throws, and says so', async () => {
    const retryIf = () => {
      throw new Error('policy bug');
    };
    await withAnswers([fail(new Error('down')), () => 'ok'], { retryIf });
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('retryScheduled');
    await harness.clock.advance(10_000);
    await harness.recorder.next('completed');
    expect(harness.lines('error').filter((line) => line.includes('policy bug'))).toHaveLength(1);
  });

  it('uses the default backoff when a custom one throws', async () => {
    const backoff = custom(() => {
      throw new Error('backoff bug');
    });
    await withAnswers([fail(new Error('down')), () => 'ok'], { backoff });
    await harness.jobs.enqueue('email:new');
    const { delayMs } = await harness.recorder.next('retryScheduled');
    expect(delayMs).toBeGreaterThanOrEqual(30_000);
    expect(delayMs).toBeLessThanOrEqual(60_000);
    expect(harness.lines('error').join()).toContain('backoff bug');
  });

  it("lets the job's own attempts, backoff and timeout win over the handler's", async () => {
    const attempts = await withAnswers([fail(new Error('down'))]);
    await harness.jobs.enqueue('email:new', null, { attempts: 2, backoff: fixed(77, { jitter: 'none' }) });
    expect(await harness.recorder.next('retryScheduled')).toMatchObject({ delayMs: 77, maxAttempts: 2 });
    await harness.clock.advance(77);
    expect(await harness.recorder.next('failed')).toMatchObject({ reason: 'exhausted', attempt: 2 });
    expect(attempts).toEqual([1, 2]);
  });

  it('fails a job as expired when the next attempt would start after its deadline', async () => {
    await withAnswers([fail(new Error('down'))]);
    await harness.jobs.enqueue('email:new', null, { deadline: '8s' });
    expect(await harness.recorder.next('failed')).toMatchObject({ reason: 'expired', attempt: 1 });
  });

  it('starts no attempt after the ttl or the deadline', async () => {
    const attempts = await withAnswers([() => 'ok'], {});
    await harness.warren.drain();
    await harness.jobs.enqueue('email:new', null, { ttl: '5s' });
    await harness.jobs.enqueue('email:new', null, { deadline: '6s' });
    await harness.clock.advance(7_000);
    const second = await harness.another({
      handlers: [{ type: 'email:new', run: (_payload, job) => attempts.push(job.attempt) }],
    });
    expect(await second.recorder.next('failed')).toMatchObject({ reason: 'expired' });
    expect(await second.recorder.next('failed')).toMatchObject({ reason: 'expired' });
    expect(attempts).toEqual([]);
    const dead = await harness.jobs.deadLetters('email').list();
    expect(dead.map(({ attempts, history }) => ({ attempts, history }))).toEqual([
      { attempts: 0, history: [] },
      { attempts: 0, history: [] },
    ]);
  });
});

/** A schema that nothing satisfies. */
const refusing = {
  '~standard': {
    version: 1 as const,
    vendor: 'test',
    validate: () => ({ issues: [{ message: 'not that' }] }),
  },
};

function cyclic(): object {
  const object: Record<string, unknown> = {};
  object.self = object;
  return object;
}
