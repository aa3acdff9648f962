import { RunningProgram } from '../support/processes.js';
import { rememberedApp } from '../support/remembered-app.js';
import { redisUrl } from '../support/services.js';
import { until } from '../support/until.js';

/** Jobs over RabbitMQ that Redis remembers. */

const on = rememberedApp('job-store', 'slow');

async function workerProcess(): Promise<RunningProgram> {
  const env = {
    RABBITMQ_URL: on.app.url,
    REDIS_URL: redisUrl(),
    TEST_APP: on.app.app,
    TEST_STORE_APP: on.redis.app,
  };
  const program = new RunningProgram(process.execPath, ['test/fixtures/worker.mjs'], { env });
  on.programs.push(program);
  await until(() => program.stdout.includes('"ready"'), `the worker is ready: ${program.stderr}`, 30_000);
  return program;
}

describe('a job that Redis remembers', () => {
  it('whose worker is killed in mid-job runs again, and its attempts tell the story', async () => {
    const first = await workerProcess();
    const jobs = await on.producer();
    const ref = await jobs.enqueue('slow:job', { number: 1, ms: 600_000 });
    await until(async () => (await ref.state()) === 'active', 'the job is active', 20_000);
    first.killTree();
    await first.result;
    const { recorder } = await on.app.startWarren([{ type: 'slow:', run: () => ({ by: 'second' }) }], {
      store: on.redis.make({ url: redisUrl() }),
    });
    expect(await ref.result({ timeout: '30s' })).toEqual({ by: 'second' });
    await recorder.next('completed');
    const job = await jobs.get(ref.id);
    expect(job).toMatchObject({
      state: 'completed',
      payload: { number: 1, ms: 600_000 },
      result: { by: 'second' },
      attempt: 1,
      attempts: [
        { number: 1, outcome: 'lost', worker: expect.stringMatching(`:${first.pid}$`) as string },
        { number: 1, outcome: 'completed', worker: expect.stringMatching(`:${process.pid}$`) as string },
      ],
    });
  });

  it('that shutdown cuts waits again, then completes elsewhere', async () => {
    const first = await on.app.startWarren(
      [
        {
          type: 'slow:',
          run: (_payload, job) =>
            new Promise((_resolve, reject) => {
              job.signal.addEventListener('abort', () => reject(job.signal.reason as Error));
            }),
        },
      ],
      { store: on.redis.make({ url: redisUrl() }), worker: { shutdownTimeout: 0 } },
    );
    const jobs = await on.producer();
    const ref = await jobs.enqueue('slow:job', 1);
    await first.recorder.next('started');
    await first.warren.close();
    expect(await jobs.get(ref.id)).toMatchObject({ state: 'queued', attempts: [{ outcome: 'interrupted' }] });
    const options = { store: on.redis.make({ url: redisUrl() }) };
    await on.app.startWarren([{ type: 'slow:', run: () => 'done' }], options);
    expect(await ref.result()).toBe('done');
    expect((await jobs.get(ref.id))?.attempts.map(({ outcome }) => outcome)).toEqual([
      'interrupted',
      'completed',
    ]);
  });

  it('is told to whoever waits for it, by several processes at once', async () => {
    const [one, other] = [await on.producer(), await on.producer()];
    const waits = Array.from({ length: 20 }, () => one.enqueueAndWait('slow:job', { number: 1 }));
    await on.app.startWarren([{ type: 'slow:', run: (payload) => payload }], {
      store: on.redis.make({ url: redisUrl() }),
    });
    expect(await Promise.all(waits)).toEqual(Array.from({ length: 20 }, () => ({ number: 1 })));
    const { jobs: found, next } = await other.find({ type: 'slow:', state: 'completed' }, { limit: 20 });
    expect(found).toHaveLength(20);
    expect(
      next === undefined || (await other.find({ type: 'slow:' }, { cursor: next })).jobs.length === 0,
    ).toBe(true);
    expect(await other.counts()).toMatchObject({
      all: { completed: 20, active: 0 },
      queues: { slow: { completed: 20 } },
    });
  });
});
