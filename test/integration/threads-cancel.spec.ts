import type { JobQueue } from '../../libs/core/src/runtime/job-queue.js';
import { removeApp } from '../support/broker-objects.js';
import { rememberedApp } from '../support/remembered-app.js';
import { rabbitmqUrl, redisUrl } from '../support/services.js';
import { ThreadWorker } from '../support/thread-worker.js';
import { until } from '../support/until.js';

/** Jobs that run in a thread of another process are cancelled by their id. */

const on = rememberedApp('threads-cancel', 'report');
let worker: ThreadWorker;
let jobs: JobQueue;

beforeEach(async () => {
  const { app } = on.app;
  on.app.owns('page', 'quick', 'full');
  const store = { TEST_STORE_APP: on.redis.app, REDIS_URL: redisUrl() };
  worker = await new ThreadWorker({ RABBITMQ_URL: rabbitmqUrl(), TEST_APP: app, ...store }).ready();
  jobs = await on.producer();
}, 120_000);
afterEach(async () => {
  await worker.end('SIGKILL');
  await removeApp(rabbitmqUrl(), `${on.app.app}-other`, ['other']);
});

it('ends one that obeys its signal at once, and one that loops with its thread; nothing else suffers', async () => {
  const payloads = [{ what: 'obey' }, { what: 'loop' }];
  const [obeying, looping] = (
    await Promise.all(payloads.map((payload) => jobs.enqueue('report:job', payload, { timeout: '60s' })))
  ).map(({ id }) => id) as [string, string];
  await worker.next(obeying, 'progressed');
  await worker.next(looping, 'progressed');
  const said = { reason: 'not needed', by: 'ada' };
  for (const id of [obeying, looping]) expect(await jobs.cancel(id, said)).toBe('cancelling');

  expect(await worker.next(obeying, 'cancelled')).toMatchObject({ attempt: 1, ...said });
  await worker.until(() => worker.said.some(({ aborted }) => aborted !== undefined), 'the signal aborted');
  expect(worker.said).toContainEqual({ aborted: 'WARREN_JOB_CANCELLED', isError: true });
  expect(worker.of(looping, 'cancelled')).toEqual([]);

  const { durationMs } = await worker.next(looping, 'cancelled');
  expect(durationMs).toBeGreaterThanOrEqual(5_000);
  for (const id of [obeying, looping]) {
    await until(async () => (await jobs.get(id))?.state === 'cancelled', `job ${id} is cancelled`);
    expect(await jobs.get(id)).toMatchObject({
      attempts: [{ number: 1, outcome: 'cancelled' }],
      cancellation: said,
    });
  }
  expect(await jobs.enqueueAndWait('report:job', { what: 'echo', number: 1 })).toMatchObject({ number: 1 });
  expect((await jobs.deadLetters('report').list()).length).toBe(0);
}, 180_000);
