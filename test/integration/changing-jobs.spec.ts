import { NonRetryableJobError } from '../../libs/core/src/kernel/errors/index.js';
import type { JobQueue } from '../../libs/core/src/runtime/job-queue.js';
import type { Recorder } from '../../libs/core/src/testing/recorder.js';
import { RabbitMqApp } from '../support/rabbitmq-app.js';
import { RedisApp } from '../support/redis-app.js';
import { redisUrl } from '../support/services.js';
import { until } from '../support/until.js';

/** Retry, run now, cancel and discard by id, asked in one process of jobs that another runs. */

let app: RabbitMqApp;
let redis: RedisApp;
let jobs: JobQueue;
let worker: Recorder;
/** Payloads of the handler's runs. */
let runs: unknown[];
let fails: (payload: unknown) => boolean;

beforeEach(async () => {
  app = new RabbitMqApp('changing-jobs');
  app.owns('mail');
  redis = new RedisApp();
  runs = [];
  fails = () => false;
  const store = () => ({ store: redis.make({ url: redisUrl() }), maxRememberedBytes: 100 });
  const run = (payload: unknown) => {
    runs.push(payload);
    if (fails(payload)) throw new NonRetryableJobError('not yet');
    return 'done';
  };
  worker = (await app.startWarren([{ type: 'mail:', run }], store())).recorder;
  jobs = (await app.startWarren([], { worker: false, ...store() })).warren.jobs;
});
afterEach(async () => {
  await app.dispose();
  await redis.dispose();
});

const letters = async () => (await jobs.deadLetters('mail').list()).map(({ id }) => id);

/** Its older message has left. */
const left = (id: string) => worker.next('duplicate', ({ jobId }) => jobId === id);

const ended = async (id: string, state: string) => {
  await until(async () => (await jobs.get(id))?.state === state, `job ${id} is ${state}`);
};

describe('a job that is changed by its id, over RabbitMQ and Redis', () => {
  it('runs at once when it is made due now, and its delayed message leaves unseen', async () => {
    await jobs.enqueue('mail:new', 1, { id: 'a', delay: '1500ms', headers: { tenant: 't' } });
    await jobs.runNow('a');
    expect(await jobs.result('a', { timeout: '20s' })).toBe('done');
    await left('a');
    expect(runs).toEqual([1]);
    expect(await jobs.get('a')).toMatchObject({ state: 'completed', attempt: 1 });
  });

  it('never runs when it is cancelled or discarded while it waits', async () => {
    await jobs.enqueue('mail:new', 1, { id: 'cancelled', delay: '500ms' });
    await jobs.enqueue('mail:new', 2, { id: 'discarded', delay: '500ms' });
    expect(await jobs.cancel('cancelled', 'a mistake')).toBe('cancelled');
    expect(await jobs.discard('discarded')).toMatchObject({ state: 'scheduled' });
    await Promise.all([left('cancelled'), left('discarded')]);
    expect(runs).toEqual([]);
    expect(await jobs.get('cancelled')).toMatchObject({
      state: 'cancelled',
      attempts: [],
      cancellation: { reason: 'a mistake' },
    });
    await jobs.retry('cancelled');
    await ended('cancelled', 'completed');
    expect(await letters()).toEqual([]);
  });

  it('runs again when it failed and is retried, and leaves the dead letters; many at once do so', async () => {
    fails = () => true;
    const ids = Array.from({ length: 20 }, (_, index) => `job-${index}`);
    await jobs.enqueueMany(
      [...ids, 'other'].map((id) => ({ job: 'mail:new', payload: id, options: { id } })),
    );
    await until(async () => (await letters()).length === 21, 'all are dead letters');
    fails = (payload) => payload === 'other';
    await Promise.all(ids.map((id) => jobs.retry(id)));
    for (const id of ids) await ended(id, 'completed');
    expect(await letters()).toEqual(['other']);
    expect(runs).toHaveLength(21 + 20);
  });

  it('comes out of the dead letters when its payload is too large to be remembered', async () => {
    fails = () => true;
    const text = 'x'.repeat(200);
    await jobs.enqueue('mail:new', text, { id: 'large' });
    await until(async () => (await letters()).length === 1, 'it is a dead letter');
    expect((await jobs.get('large'))?.payload).toBeUndefined();
    fails = () => false;
    await jobs.retry('large');
    await ended('large', 'completed');
    expect(runs).toEqual([text, text]);
    expect(await letters()).toEqual([]);
  });

  it('is opened for one of many that retry it at the same time', async () => {
    await jobs.enqueue('mail:new', 1, { id: 'a' });
    await ended('a', 'completed');
    const { warren } = await app.startWarren([], {
      worker: false,
      store: redis.make({ url: redisUrl() }),
    });
    const asked = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => (index % 2 ? jobs : warren.jobs).retry('a')),
    );
    const codes = asked.map((one) =>
      one.status === 'fulfilled' ? 'retried' : (one.reason as { code: string }).code,
    );
    // One that asks after it has ended again opens it again.
    const retried = codes.filter((code) => code === 'retried').length;
    expect(codes.filter((code) => code === 'WARREN_JOB_STATE')).toHaveLength(10 - retried);
    await ended('a', 'completed');
    await until(() => runs.length === 1 + retried, 'it ran once for each retry');
  });
});
