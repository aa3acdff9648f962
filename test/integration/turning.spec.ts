import { kill, RunningProgram } from '../support/processes.js';
import { rememberedApp } from '../support/remembered-app.js';
import { RunLedger } from '../support/run-ledger.js';
import { redisUrl } from '../support/services.js';
import { until } from '../support/until.js';

/** What operators turn, over processes that end and die. */

const on = rememberedApp('turning', 'pdf');
let ledger: RunLedger;
beforeEach(() => {
  ledger = new RunLedger();
});
afterEach(() => ledger.remove());

async function startWorkers(count: number): Promise<RunningProgram[]> {
  const env = {
    RABBITMQ_URL: on.app.url,
    REDIS_URL: redisUrl(),
    TEST_APP: on.app.app,
    TEST_STORE_APP: on.redis.app,
    TEST_LEDGER: ledger.folder,
    TEST_LIMIT: '100',
    TEST_CONCURRENCY: '10',
  };
  const programs = Array.from(
    { length: count },
    () => new RunningProgram(process.execPath, ['test/fixtures/limited-worker.mjs'], { env }),
  );
  on.programs.push(...programs);
  for (const program of programs) {
    await until(() => program.stdout.includes('ready'), `a worker is ready: ${program.stderr}`, 60_000);
  }
  return programs;
}

it('a pause and an override outlive all worker processes; of those, a killed one is listed for 15 s', async () => {
  const jobs = await on.producer();
  const [killed, ended] = (await startWorkers(2)) as [RunningProgram, RunningProgram];
  const pids = async () => (await jobs.workers()).map(({ pid }) => pid);
  expect((await pids()).sort()).toEqual([killed.pid, ended.pid].sort());

  await jobs.queues.configure('pdf', { concurrency: 3, maxConcurrent: 2 });
  await jobs.queues.pause('pdf');
  const pdfOf = async (pid: number) =>
    (await jobs.workers()).find((worker) => worker.pid === pid)?.queues.find(({ queue }) => queue === 'pdf');
  for (const { pid } of [killed, ended]) {
    await until(async () => (await pdfOf(pid))?.isHeld === true, `worker ${pid} takes nothing`);
  }

  const killedAt = process.hrtime.bigint();
  kill(killed.pid, 'SIGKILL');
  kill(ended.pid, 'SIGTERM');
  expect((await ended.result).code).toBe(0);
  // One that ends says so.
  expect(await pids()).not.toContain(ended.pid);

  const [next] = (await startWorkers(1)) as [RunningProgram];
  expect(await pdfOf(next.pid)).toMatchObject({ isHeld: true, concurrency: 3 });
  const { settings, isPaused, consumers } = await jobs.queues.view('pdf');
  expect([isPaused, consumers]).toEqual([true, 0]);
  expect(settings).toMatchObject({
    concurrency: { value: 3, origin: 'override' },
    maxConcurrent: { value: 2, origin: 'override' },
  });

  await jobs.enqueueMany([0, 1, 2, 3].map((number) => ({ job: 'pdf:render', payload: { number, ms: 300 } })));
  await until(async () => !(await pids()).includes(killed.pid), 'the killed one is gone', 20_000);
  // By the registry's time, which it last had at most 5 s before its death.
  expect(process.hrtime.bigint() - killedAt).toBeGreaterThan(5_000_000_000n);
  expect(await pids()).toEqual([next.pid]);
  expect(ledger.entries()).toEqual([]);

  await jobs.queues.resume('pdf');
  await until(async () => (await jobs.counts()).all.completed === 4, 'all ran');
  expect(ledger.most(0n)).toBe(2);
}, 120_000);

it('a queue that does not exist is refused, with what running workers know', async () => {
  const jobs = await on.producer();
  await startWorkers(1);
  for (const turn of [
    () => jobs.queues.configure('pfd', { maxConcurrent: 3 }),
    () => jobs.queues.configure('pfd', { messageTtl: '1h' }),
    () => jobs.queues.pause('pfd'),
    () => jobs.queues.reset('pfd', 'maxLength'),
    () => jobs.queues.view('pfd'),
  ]) {
    await expect(turn()).rejects.toMatchObject({
      code: 'WARREN_QUEUE_NOT_FOUND',
      message: expect.stringContaining(
        "('pfd'): neither the options nor any worker know this queue",
      ) as string,
      details: { queue: 'pfd' },
    });
  }
  await expect(jobs.queues.pause('pfd')).rejects.toThrow("Did you mean 'pdf'?");
}, 60_000);
