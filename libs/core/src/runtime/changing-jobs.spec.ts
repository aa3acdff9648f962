import { fixed } from '../kernel/backoff.js';
import { NonRetryableJobError, WarrenError } from '../kernel/errors/index.js';
import type { JobContext } from '../job/context.js';
import type { DeadLetterVisitor } from '../ports/broker.js';
import type { Cancellation, JobRecord } from '../ports/job-record.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { startHarness, type Harness, type HarnessHandler } from '../testing/harness.js';
import { ManualClock } from '../testing/manual-clock.js';
import { until } from '../testing/until.js';
import { createJobChanges } from './create-job-changes.js';
import { Observers } from '../observe/observers.js';
import { createIdSource } from '../kernel/ids.js';
import { seededRandom } from '../testing/seeded-random.js';

let clock: ManualClock;
let store: MemoryJobStore;
let harness: Harness;
/** What handlers saw, in order. */
let runs: Array<Pick<JobContext, 'id' | 'attempt' | 'headers' | 'payload'>>;

async function start(
  run: HarnessHandler['run'] = () => 'done',
  options: HarnessHandler['options'] = {},
  module: object = {},
): Promise<void> {
  clock = new ManualClock();
  store = new MemoryJobStore({ clock });
  runs = [];
  harness = await startHarness({
    clock,
    handlers: [
      {
        type: 'email:',
        options: { backoff: fixed('10s', { jitter: 'none' }), ...options },
        run: (payload, job) => {
          runs.push({ id: job.id, attempt: job.attempt, headers: job.headers, payload });
          return run(payload, job);
        },
      },
    ],
    options: { store, ...module },
  });
}

/** Fails for good at its first runs, and completes then. */
function failing(times: number): HarnessHandler['run'] {
  let left = times;
  return () => {
    left -= 1;
    if (left >= 0) throw new NonRetryableJobError('never');
    return 'done';
  };
}

const hangs = () => new Promise<never>(() => undefined);

async function record(id: string): Promise<JobRecord | undefined> {
  const [found] = await store.reads.get([id]);
  return found;
}

const letters = async () => (await harness.broker.stats('email')).deadLetters;

const brokerError = new WarrenError('WARREN_PUBLISH_REFUSED', 'no room for the test');

const stateError = (text: RegExp) => ({
  code: 'WARREN_JOB_STATE',
  message: expect.stringMatching(text) as string,
});

afterEach(() => harness.close());

describe('a job that the broker itself put into the dead letters', () => {
  /** `a` had to make room for `b`. */
  async function displaced(): Promise<void> {
    const queues = { email: { maxLength: 1, overflow: 'drop-oldest' } };
    await start(undefined, {}, { queues, worker: { autoStart: false } });
    await harness.jobs.enqueue('email:new', 1, { id: 'a' });
    await harness.jobs.enqueue('email:new', 2, { id: 'b' });
    await until(async () => (await letters()) === 1, 'it is in the dead letters');
    expect(await record('a')).toMatchObject({ state: 'queued' });
  }

  it('is retried, once the store has heard of its end from its dead letter', async () => {
    await displaced();
    expect(await harness.jobs.retry('a')).toMatchObject({ state: 'queued', attempts: [] });
    await harness.warren.startWorker();
    await harness.recorder.next('completed', ({ jobId }) => jobId === 'a');
    // Which had to make room in its turn.
    expect((await harness.jobs.deadLetters('email').list()).map(({ id }) => id)).toEqual(['b']);
  });

  it('has the run that ended with its process among its attempts', async () => {
    await displaced();
    let token: unknown;
    await harness.broker.visitDeadLetters('email', ({ message }) => {
      token = message.headers['warren-token'];
      return 'keep';
    });
    const { type, queue, generation, createdAt } = (await record('a'))!;
    const message = { id: 'a', type, queue, generation, token: token as string, attempt: 1 };
    const run = { at: clock.now(), worker: 'gone', createdAt, maxAttempts: 3, timeoutMs: undefined };
    await store.records.claim([{ ...message, ...run }]);
    expect(await record('a')).toMatchObject({ state: 'active' });
    expect(await harness.jobs.retry('a')).toMatchObject({
      state: 'queued',
      attempts: [{ number: 1, worker: 'gone', outcome: 'lost' }],
    });
  });

  it('can be discarded', async () => {
    await displaced();
    await harness.jobs.discard('a');
    expect(await record('a')).toBeUndefined();
  });
});

describe('retrying a job by its id', () => {
  it('runs a failed one again as it was enqueued, with its attempts counted anew', async () => {
    await start(failing(1), {}, { queues: { email: { priorities: 3 } } });
    // Levels that begin are waited for.
    await clock.advance(250);
    const options = { id: 'a', headers: { tenant: 't' }, attempts: 4, priority: 2 };
    await harness.jobs.enqueue('email:new', { to: 'é' }, options);
    await harness.recorder.next('failed');
    await until(async () => (await letters()) === 1, 'it is in the dead letters');
    const job = await harness.jobs.retry('a');
    expect(job).toMatchObject({ id: 'a', state: 'queued', attempt: 0, reason: undefined });
    expect(await harness.recorder.next('completed')).toMatchObject({ jobId: 'a', attempt: 1 });
    expect(runs).toEqual(
      [1, 2].map(() => ({ id: 'a', attempt: 1, headers: { tenant: 't' }, payload: { to: 'é' } })),
    );
    expect(await harness.jobs.get('a')).toMatchObject({
      state: 'completed',
      result: 'done',
      priority: 2,
      maxAttempts: 4,
      attempts: [{ outcome: 'failed' }, { outcome: 'completed' }],
    });
    expect(await letters()).toBe(0);
    expect(harness.recorder.all('enqueued')).toHaveLength(2);
  });

  it('keeps the dead letters of others, and that of the retried job when it fails again at once', async () => {
    await start(failing(3));
    for (const id of ['a', 'b']) await harness.jobs.enqueue('email:new', 1, { id });
    await until(async () => (await letters()) === 2, 'both failed');
    const given = partsOf();
    const changes = createJobChanges({
      ...given,
      broker: Object.assign(Object.create(given.broker) as typeof given.broker, {
        visitDeadLetters: async (queue: string, visit: DeadLetterVisitor) => {
          await until(async () => (await letters()) === 3, 'it has failed again before the walk');
          await given.broker.visitDeadLetters(queue, visit);
        },
      }),
    });
    await changes.retry('a');
    const left = await harness.jobs.deadLetters('email').list();
    expect(left.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(await letters()).toBe(2);
  });

  it('runs a completed, a cancelled and a refused one again', async () => {
    await start();
    await harness.jobs.enqueue('email:new', 1, { id: 'completed' });
    await harness.recorder.next('completed');
    await harness.jobs.enqueue('email:new', 2, { id: 'cancelled', delay: '1m' });
    await harness.jobs.cancel('cancelled');
    harness.faults.failPublishes(1, brokerError);
    await expect(harness.jobs.enqueue('email:new', 3, { id: 'refused' })).rejects.toBe(brokerError);
    for (const id of ['completed', 'cancelled', 'refused']) {
      await harness.jobs.retry(id);
      await harness.recorder.next('completed', ({ jobId }) => jobId === id);
      expect(await harness.jobs.get(id)).toMatchObject({ state: 'completed', cancellation: undefined });
    }
    // The delayed message of the cancelled one.
    await clock.advance(60_000);
    expect(await harness.recorder.next('duplicate')).toMatchObject({ jobId: 'cancelled' });
    expect(runs.map(({ payload }) => payload)).toEqual([1, 1, 2, 3]);
  });

  it('refuses one that has not ended, and says what to do', async () => {
    await start(hangs);
    await harness.jobs.enqueue('email:new', 1, { id: 'later', delay: '1m' });
    await harness.jobs.enqueue('email:new', 1, { id: 'runs' });
    await harness.recorder.next('started');
    await expect(harness.jobs.retry('later')).rejects.toMatchObject(
      stateError(/the job is scheduled, and only a job that has ended.*jobs\.runNow\(id\)/),
    );
    await expect(harness.jobs.retry('runs')).rejects.toMatchObject(
      stateError(/the job is active.*jobs\.cancel\(id\)/),
    );
  });

  it('refuses the second of two that retry it at once', async () => {
    await start(failing(1));
    await harness.jobs.enqueue('email:new', 1, { id: 'a' });
    await harness.recorder.next('failed');
    const both = await Promise.allSettled([harness.jobs.retry('a'), harness.jobs.retry('a')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = both.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ code: 'WARREN_JOB_STATE', details: { id: 'a' } });
    await harness.recorder.next('completed');
    expect(runs).toHaveLength(2);
  });

  it('leaves it enqueue_failed when the broker does not take the message, and works when tried again', async () => {
    await start(failing(1));
    await harness.jobs.enqueue('email:new', 1, { id: 'a' });
    await until(async () => (await letters()) === 1, 'it is in the dead letters');
    harness.faults.failPublishes(1, brokerError);
    await expect(harness.jobs.retry('a')).rejects.toMatchObject({
      code: 'WARREN_NOT_REPUBLISHED',
      message: expect.stringMatching(/no room for the test.*jobs\.retry\(id\)/) as string,
      cause: brokerError,
    });
    expect(await harness.recorder.next('enqueueFailed')).toMatchObject({ jobId: 'a' });
    expect(await record('a')).toMatchObject({ state: 'enqueue_failed' });
    expect(await letters()).toBe(1);
    await harness.jobs.retry('a');
    await harness.recorder.next('completed');
    expect(await letters()).toBe(0);
  });

  it('runs it, and once, when the broker took the message but did not say so', async () => {
    await start(failing(1));
    await harness.jobs.enqueue('email:new', 1, { id: 'a' });
    await harness.recorder.next('failed');
    harness.faults.loseConfirms(1, new WarrenError('WARREN_PUBLISH_TIMEOUT', 'no answer'));
    await expect(harness.jobs.retry('a')).rejects.toMatchObject({ code: 'WARREN_NOT_REPUBLISHED' });
    await harness.recorder.next('completed');
    expect(await record('a')).toMatchObject({ state: 'completed' });
    expect(runs).toHaveLength(2);
  });

  it('takes the message out of the dead letters where the payload is too large to be remembered', async () => {
    await start(failing(1), {}, { maxRememberedBytes: 5 });
    await harness.jobs.enqueue('email:new', 'a long text', { id: 'a', headers: { tenant: 't' } });
    await until(async () => (await letters()) === 1, 'it is in the dead letters');
    await harness.jobs.retry('a');
    await harness.recorder.next('completed');
    expect(runs[1]).toEqual({ id: 'a', attempt: 1, headers: { tenant: 't' }, payload: 'a long text' });
    expect(await letters()).toBe(0);
    expect(await record('a')).toMatchObject({ state: 'completed', generation: 3 });
    await expect(harness.jobs.retry('a')).rejects.toMatchObject({ code: 'WARREN_PAYLOAD_NOT_KEPT' });
    expect(await record('a')).toMatchObject({ state: 'completed' });
  });

  it('says so when the payload is in neither place, and the job stays failed', async () => {
    await start(failing(1), {}, { maxRememberedBytes: 5 });
    await harness.jobs.enqueue('email:new', 'a long text', { id: 'a' });
    await until(async () => (await letters()) === 1, 'it is in the dead letters');
    await harness.jobs.deadLetters('email').purge('a');
    await expect(harness.jobs.retry('a')).rejects.toMatchObject({ code: 'WARREN_PAYLOAD_NOT_KEPT' });
    expect(await record('a')).toMatchObject({ state: 'failed' });
  });

  it('retries all the same when its dead letter cannot be removed, and logs how to', async () => {
    await start(failing(1));
    await harness.jobs.enqueue('email:new', 1, { id: 'a' });
    await until(async () => (await letters()) === 1, 'it is in the dead letters');
    const given = partsOf();
    const changes = createJobChanges({
      ...given,
      broker: Object.assign(Object.create(given.broker) as typeof given.broker, {
        visitDeadLetters: () => Promise.reject(new Error('the channel closed')),
      }),
    });
    await changes.retry('a');
    await harness.recorder.next('completed');
    expect(warnings).toEqual([
      expect.stringMatching(/email:new a: retried.*the channel closed.*purge\('a'\)/),
    ]);
  });

  it('publishes its message when the store opened it and only the answer was lost', async () => {
    await start(failing(1));
    await harness.jobs.enqueue('email:new', 1, { id: 'a' });
    await harness.recorder.next('failed');
    const reopen = store.records.reopen.bind(store.records);
    store.records.reopen = async (...given) => {
      await reopen(...given);
      throw new WarrenError('WARREN_STORE_UNAVAILABLE', 'no answer');
    };
    await clock.advance(5);
    expect(await harness.jobs.retry('a')).toMatchObject({ state: 'queued' });
    await harness.recorder.next('completed');
  });
});

describe('a job made due now', () => {
  it('runs before its time, once, and its delayed message leaves unseen', async () => {
    await start();
    await harness.jobs.enqueue('email:new', 1, { id: 'a', delay: '1h', ttl: '1s', headers: { x: 'y' } });
    await clock.advance(5_000);
    expect(await harness.jobs.runNow('a')).toMatchObject({ state: 'queued', dueAt: undefined });
    await clock.advance(1);
    await harness.recorder.next('completed');
    await clock.advance(3_600_000);
    expect(await harness.recorder.next('duplicate')).toMatchObject({ jobId: 'a' });
    expect(runs).toEqual([{ id: 'a', attempt: 1, headers: { x: 'y' }, payload: 1 }]);
  });

  it('does so too when the job is forgotten long before', async () => {
    await start(undefined, { discardStates: ['completed'] });
    await harness.jobs.enqueue('email:new', 1, { id: 'a', delay: '1h' });
    await harness.jobs.runNow('a');
    await clock.advance(1);
    await harness.recorder.next('completed');
    expect(await harness.jobs.get('a')).toBeUndefined();
    await clock.advance(3_600_000);
    await harness.recorder.next('duplicate');
    expect(runs).toHaveLength(1);
  });

  it('goes on with the attempt that it waited for, and its history', async () => {
    await start((_payload, job) => {
      if (job.attempt < 3) throw new Error(`attempt ${job.attempt}`);
      throw new NonRetryableJobError('enough');
    });
    await harness.jobs.enqueue('email:new', 1, { id: 'a' });
    await harness.recorder.next('retryScheduled');
    await clock.advance(10_000);
    await harness.recorder.next('retryScheduled');
    await harness.jobs.runNow('a');
    await clock.advance(1);
    expect(await harness.recorder.next('failed')).toMatchObject({ attempt: 3 });
    await clock.advance(10_000);
    await harness.recorder.next('duplicate');
    const [letter] = await harness.jobs.deadLetters('email').list();
    expect(letter!.history.map(({ number, error }) => `${number} ${error.message}`)).toEqual([
      '1 attempt 1',
      '2 attempt 2',
      '3 enough',
    ]);
    expect(runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  it('is refused when its own message comes first', async () => {
    await start(hangs);
    await harness.jobs.enqueue('email:new', 1, { id: 'a', delay: '1m' });
    const reopen = store.records.reopen.bind(store.records);
    store.records.reopen = async (...given) => {
      await clock.advance(60_000);
      await harness.recorder.next('started');
      return reopen(...given);
    };
    await expect(harness.jobs.runNow('a')).rejects.toMatchObject(
      stateError(/the job is active, and only a job that is scheduled or retrying/),
    );
    expect(runs).toHaveLength(1);
    expect(await record('a')).toMatchObject({ state: 'active', generation: 1 });
  });

  it('runs once when its old message comes between the store and the broker', async () => {
    await start();
    await harness.jobs.enqueue('email:new', 1, { id: 'a', delay: '1m' });
    harness.faults.slowDown(90_000);
    const opened = harness.jobs.runNow('a');
    await until(async () => (await record('a'))?.state === 'queued', 'the store has opened it');
    await clock.advance(60_000);
    expect(await harness.recorder.next('duplicate')).toMatchObject({ jobId: 'a' });
    expect(runs).toEqual([]);
    await clock.advance(40_000);
    await opened;
    await harness.recorder.next('completed');
    expect(runs).toHaveLength(1);
  });

  it('must be scheduled or retrying, and its payload remembered', async () => {
    await start(undefined, {}, { maxRememberedBytes: 5 });
    await harness.jobs.enqueue('email:new', 1, { id: 'ended' });
    await harness.recorder.next('completed');
    await expect(harness.jobs.runNow('ended')).rejects.toMatchObject(
      stateError(/the job is completed.*jobs\.retry\(id\) runs it again/),
    );
    await harness.jobs.enqueue('email:new', 'a long text', { id: 'large', delay: '1m' });
    await expect(harness.jobs.runNow('large')).rejects.toMatchObject({ code: 'WARREN_PAYLOAD_NOT_KEPT' });
    await clock.advance(60_000);
    expect(await harness.recorder.next('completed')).toMatchObject({ jobId: 'large' });
  });

  it('can be retried when the broker does not take its message; the old one leaves unseen', async () => {
    await start();
    await harness.jobs.enqueue('email:new', 1, { id: 'a', delay: '1m' });
    harness.faults.failPublishes(1, brokerError);
    await expect(harness.jobs.runNow('a')).rejects.toMatchObject({ code: 'WARREN_NOT_REPUBLISHED' });
    await clock.advance(60_000);
    await harness.recorder.next('duplicate');
    expect(await record('a')).toMatchObject({ state: 'enqueue_failed' });
    await harness.jobs.retry('a');
    await harness.recorder.next('completed');
    expect(runs).toHaveLength(1);
  });
});

describe('cancelling a job', () => {
  it('that waits ends it, tells so once, and its message leaves without a run', async () => {
    await start(() => {
      throw new Error('once');
    });
    await harness.jobs.enqueue('email:new', 1, { id: 'retrying' });
    await harness.recorder.next('retryScheduled');
    const ref = await harness.jobs.enqueue('email:new', 1, { id: 'scheduled', delay: '1m' });
    await clock.advance(3);
    expect(await harness.jobs.cancel('scheduled', 'a mistake')).toBe('cancelled');
    expect(await harness.jobs.cancel('retrying', { reason: 'enough', by: 'ops' })).toBe('cancelled');
    expect(await harness.jobs.cancel('retrying', 'again')).toBe('cancelled');
    const at = clock.now();
    expect(harness.recorder.all('cancelled')).toEqual([
      expect.objectContaining({
        jobId: 'scheduled',
        at,
        startedAt: at,
        durationMs: 0,
        attempt: 1,
        reason: 'a mistake',
        by: undefined,
      }),
      expect.objectContaining({ jobId: 'retrying', attempt: 2, reason: 'enough', by: 'ops' }),
    ]);
    await expect(ref.result()).rejects.toMatchObject({
      code: 'WARREN_JOB_CANCELLED',
      message: expect.stringMatching(/a mistake/) as string,
    });
    await clock.advance(60_000);
    await harness.recorder.next('duplicate', ({ jobId }) => jobId === 'scheduled');
    await harness.recorder.next('duplicate', ({ jobId }) => jobId === 'retrying');
    expect(harness.recorder.all('cancelled')).toHaveLength(2);
    expect(runs).toHaveLength(1);
    expect(await record('scheduled')).toMatchObject({ state: 'cancelled', attempts: [], attempt: 0 });
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 0, deadLetters: 0 });
  });

  it('that waits in a queue lets it never run', async () => {
    await start(undefined, {}, { worker: { autoStart: false } });
    await harness.jobs.enqueue('email:new', 1, { id: 'a' });
    expect(await harness.jobs.cancel('a')).toBe('cancelled');
    await harness.warren.startWorker();
    await harness.recorder.next('duplicate');
    expect(runs).toEqual([]);
  });

  it('that runs asks for its end, which comes with that of its handler', async () => {
    let fail!: (error: Error) => void;
    await start(() => new Promise((_resolve, reject) => (fail = reject)));
    await harness.jobs.enqueue('email:new', 1, { id: 'a' });
    await harness.recorder.next('started');
    const asked: Array<readonly [string, Cancellation & { generation: number }]> = [];
    const changes = createJobChanges({
      ...partsOf(),
      askToStop: (id, cancellation) => void asked.push([id, cancellation]),
    });
    expect(await changes.cancel('a', 'stop')).toBe('cancelling');
    expect(asked).toEqual([['a', { at: clock.now(), reason: 'stop', by: undefined, generation: 1 }]]);
    expect(await harness.jobs.cancel('a')).toBe('cancelling');
    expect(harness.recorder.all('cancelled')).toEqual([]);
    fail(new Error('aborted'));
    expect(await harness.recorder.next('cancelled')).toMatchObject({ jobId: 'a', reason: 'stop' });
    expect(await harness.jobs.cancel('a')).toBe('cancelled');
    expect(await record('a')).toMatchObject({ state: 'cancelled' });
  });

  it('that runs aborts its signal with the reason, and it ends cancelled when its handler stops', async () => {
    const reasons: unknown[] = [];
    await start((_payload, job) => {
      return new Promise((_resolve, reject) =>
        job.signal.addEventListener('abort', () => {
          reasons.push(job.signal.reason);
          reject(new Error('stopped'));
        }),
      );
    });
    await harness.jobs.enqueue('email:new', 1, { id: 'a' });
    await harness.recorder.next('started');
    expect(await harness.jobs.cancel('a', { reason: 'sold out', by: 'ops' })).toBe('cancelling');
    expect(await harness.recorder.next('cancelled')).toMatchObject({ reason: 'sold out', by: 'ops' });
    expect(reasons).toEqual([expect.objectContaining({ code: 'WARREN_JOB_CANCELLED' })]);
    expect(await record('a')).toMatchObject({
      state: 'cancelled',
      cancellation: { reason: 'sold out', by: 'ops' },
      attempts: [{ number: 1, outcome: 'cancelled' }],
    });
  });

  it('that runs lets a handler that completes all the same complete it', async () => {
    await start((_payload, job) => {
      return new Promise((resolve) => job.signal.addEventListener('abort', () => resolve('done')));
    });
    await harness.jobs.enqueue('email:new', 1, { id: 'a' });
    await harness.recorder.next('started');
    expect(await harness.jobs.cancel('a')).toBe('cancelling');
    await harness.recorder.next('completed');
    expect(await record('a')).toMatchObject({ state: 'completed', result: '"done"' });
  });

  it('that has ended changes nothing', async () => {
    await start();
    await harness.jobs.enqueue('email:new', 1, { id: 'a' });
    await harness.recorder.next('completed');
    expect(await harness.jobs.cancel('a')).toBe('ended');
    expect(await record('a')).toMatchObject({ state: 'completed', cancellation: undefined });
  });

  it('remembers it as long as failed ones of its queue', async () => {
    await start(undefined, {}, { queues: { email: { retention: { failed: { age: '1m' } } } } });
    await harness.jobs.enqueue('email:new', 1, { id: 'a', delay: '1h' });
    await harness.jobs.cancel('a');
    await clock.advance(59_000);
    expect(await record('a')).toBeDefined();
    await clock.advance(2_000);
    expect(await record('a')).toBeUndefined();
    await clock.advance(3_600_000);
    await harness.recorder.next('duplicate');
    expect(runs).toEqual([]);
  });

  it('names what is wrong with its options', async () => {
    await start();
    await expect(harness.jobs.cancel('a', { why: 'x' } as object)).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
    });
    await expect(harness.jobs.cancel('a', 'x'.repeat(256))).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(/jobs\.cancel: option reason/) as string,
    });
  });
});

describe('discarding a job', () => {
  it('forgets it, and its message leaves unseen however late it comes', async () => {
    await start();
    await harness.jobs.enqueue('email:new', 1, { id: 'a', delay: '10d' });
    expect(await harness.jobs.discard('a')).toMatchObject({ id: 'a', state: 'scheduled' });
    expect(await harness.jobs.get('a')).toBeUndefined();
    await clock.advance(10 * 86_400_000);
    expect(await harness.recorder.next('duplicate')).toMatchObject({ why: 'the job was discarded' });
    expect(runs).toEqual([]);
  });

  it('is refused while it runs', async () => {
    await start(hangs);
    await harness.jobs.enqueue('email:new', 1, { id: 'a' });
    await harness.recorder.next('started');
    await expect(harness.jobs.discard('a')).rejects.toMatchObject(
      stateError(/the job is active, and a job that runs cannot be discarded.*jobs\.cancel/),
    );
    expect(await record('a')).toBeDefined();
  });
});

describe('a job that is not known', () => {
  const verbs = ['retry', 'runNow', 'cancel', 'discard'] as const;

  it.each(verbs)('cannot be changed by %s', async (verb) => {
    await start();
    for (const id of ['unknown', '', 'x'.repeat(300)]) {
      await expect(harness.jobs[verb](id)).rejects.toMatchObject({ code: 'WARREN_JOB_NOT_FOUND' });
    }
    await expect(harness.jobs[verb](7 as never)).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(`jobs.${verb}\\(number\\)`) as string,
    });
  });

  it.each(verbs)('is so without a store too: %s says what is missing', async (verb) => {
    await start(undefined, {}, { store: false });
    await expect(harness.jobs[verb]('a')).rejects.toMatchObject({
      code: 'WARREN_NO_STORE',
      message: expect.stringMatching(`jobs.${verb} needs a job store`) as string,
    });
  });
});

describe('discardStates', () => {
  it('forgets a job that ends in one of them, and keeps the others', async () => {
    await start(
      (fails) => {
        if (fails === true) throw new NonRetryableJobError('never');
      },
      {},
      { defaults: { discardStates: ['completed', 'cancelled'] } },
    );
    await harness.jobs.enqueue('email:new', false, { id: 'completes' });
    await harness.recorder.next('completed');
    await harness.jobs.enqueue('email:new', true, { id: 'fails' });
    await harness.recorder.next('failed');
    await harness.jobs.enqueue('email:new', false, { id: 'cancelled', delay: '1m' });
    await harness.jobs.cancel('cancelled');
    expect((await harness.jobs.find()).jobs.map(({ id }) => id)).toEqual(['fails']);
    await clock.advance(60_000);
    await harness.recorder.next('duplicate', ({ jobId }) => jobId === 'cancelled');
    expect(runs.map(({ id }) => id)).toEqual(['completes', 'fails']);
  });

  it('of a handler wins over those of its queue', async () => {
    await start(
      failing(1),
      { discardStates: [] },
      { queues: { email: { discardStates: ['failed', 'enqueue_failed'] } } },
    );
    await harness.jobs.enqueue('email:new', 1, { id: 'fails' });
    await harness.recorder.next('failed');
    expect(await record('fails')).toMatchObject({ state: 'failed' });
    harness.faults.failPublishes(1, brokerError);
    await expect(harness.jobs.enqueue('email:new', 1, { id: 'refused' })).rejects.toBe(brokerError);
    expect(await record('refused')).toBeUndefined();
  });

  it('names a state that is none to end in', async () => {
    const started = start(undefined, {}, { defaults: { discardStates: ['active'] } });
    await expect(started).rejects.toMatchObject({
      message: expect.stringMatching(
        /defaults\.discardStates: a list is not a list of: 'completed', 'failed', 'cancelled', 'enqueue_failed'/,
      ) as string,
    });
    await start();
  });
});

const warnings: string[] = [];

/** What the module wires, for a part that a test replaces. */
function partsOf() {
  const nothing = () => undefined;
  warnings.length = 0;
  const warn = (line: string) => void warnings.push(line);
  const logger = { error: nothing, warn, info: nothing, debug: nothing };
  return {
    settings: harness.warren.settings,
    broker: harness.broker,
    clock,
    ids: createIdSource(clock, seededRandom(2)),
    observers: new Observers(logger),
    logger,
    records: undefined,
    askToStop: nothing,
    store,
    connected: () => Promise.resolve(),
  };
}
