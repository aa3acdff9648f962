import { RunningProgram, kill } from '../support/processes.js';
import { rememberedApp } from '../support/remembered-app.js';
import { RunLedger } from '../support/run-ledger.js';
import { redisUrl } from '../support/services.js';
import { until } from '../support/until.js';

/** Limits over real processes, some of which die; the ledger that they write knows nothing of Warren. */

const WORKERS = 8;
const JOBS = 450;

const on = rememberedApp('limits', 'pdf');
let ledger: RunLedger;
beforeEach(() => {
  ledger = new RunLedger();
});
afterEach(() => ledger.remove());

function workerProcess(): RunningProgram {
  const env = {
    RABBITMQ_URL: on.app.url,
    REDIS_URL: redisUrl(),
    TEST_APP: on.app.app,
    TEST_STORE_APP: on.redis.app,
    TEST_LEDGER: ledger.folder,
    TEST_LIMIT: '7',
    TEST_CONCURRENCY: '10',
  };
  const program = new RunningProgram(process.execPath, ['test/fixtures/limited-worker.mjs'], { env });
  on.programs.push(program);
  return program;
}

/** Kills a worker that runs something. */
function killOne(programs: readonly RunningProgram[], dead: Set<number>): void {
  const victim = programs.find(
    ({ pid }) => !dead.has(pid) && ledger.running().some((run) => run.pid === pid),
  );
  if (!victim) throw new Error('no worker runs anything');
  dead.add(victim.pid);
  ledger.dies(victim.pid);
  kill(victim.pid, 'SIGKILL');
}

/** From now on; seen by the ledger as a whole, as what runs at one moment is over when it is read. */
async function untilAtOnce(count: number, limitMs: number): Promise<void> {
  const since = process.hrtime.bigint();
  await until(() => ledger.most(since) >= count, `${count} jobs run at once`, limitMs);
}

it('8 workers of 10 places never run 8 jobs where 7 may, through two kills and a change to 20 and to 3', async () => {
  const jobs = await on.producer();
  await jobs.enqueueMany(
    Array.from({ length: JOBS }, (_, number) => ({ job: 'pdf:render', payload: { number, ms: 400 } })),
  );
  const programs = Array.from({ length: WORKERS }, workerProcess);
  for (const program of programs) {
    await until(() => program.stdout.includes('ready'), `a worker is ready: ${program.stderr}`, 60_000);
  }
  await untilAtOnce(7, 10_000);

  const dead = new Set<number>();
  killOne(programs, dead);
  await until(() => ledger.running().length > 0, 'the others go on', 10_000);
  killOne(programs, dead);
  await untilAtOnce(7, 15_000);

  const raisedAt = process.hrtime.bigint();
  await jobs.queues.configure('pdf', { maxConcurrent: 20 });
  await untilAtOnce(8, 2_000);
  await untilAtOnce(20, 10_000);
  await jobs.queues.configure('pdf', { maxConcurrent: 3 });
  const loweredAt = process.hrtime.bigint();
  await until(() => ledger.running().length <= 3, 'no more than 3 run', 10_000);
  const atThreeAt = process.hrtime.bigint();
  const before = ledger.entries().length;
  await until(() => ledger.entries().length > before + 15, '15 more began', 10_000);
  const resetAt = process.hrtime.bigint();
  await jobs.queues.configure('pdf', { maxConcurrent: 80 });
  await until(async () => (await jobs.counts()).all.completed === JOBS, 'all have ended', 60_000);

  expect(ledger.most(0n, raisedAt)).toBe(7);
  expect(ledger.most(raisedAt, loweredAt)).toBe(20);
  // What ran when the limit was lowered runs on, and what was let in just before may begin a moment later on a busy
  // machine; nothing else begins until there is room.
  const knownAt = loweredAt + 1_000_000_000n;
  const begunAfter = ledger.crowds().filter(({ at }) => at >= knownAt && at < resetAt);
  expect(Math.max(...begunAfter.map(({ count }) => count))).toBe(3);
  expect(ledger.most(atThreeAt, resetAt)).toBe(3);
  expect((await jobs.counts()).all).toMatchObject({ completed: JOBS, failed: 0, retrying: 0 });
}, 120_000);
