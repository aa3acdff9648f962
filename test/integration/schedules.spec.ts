import { RunningProgram, kill } from '../support/processes.js';
import { rememberedApp } from '../support/remembered-app.js';
import { redisUrl } from '../support/services.js';
import { until } from '../support/until.js';

/** Schedules over RabbitMQ, kept in Redis. */

/** Seconds of a job a second; 60 and more for a long run. */
const SECONDS = Number(process.env['TEST_SCHEDULE_SECONDS'] ?? 15);

const on = rememberedApp('schedules', 'tick');

async function scheduler(): Promise<RunningProgram> {
  const env = {
    RABBITMQ_URL: on.app.url,
    REDIS_URL: redisUrl(),
    TEST_APP: on.app.app,
    TEST_STORE_APP: on.redis.app,
  };
  const program = new RunningProgram(process.execPath, ['test/fixtures/scheduler.mjs'], { env });
  on.programs.push(program);
  await until(() => program.stdout.includes('ready'), 'the scheduler is there');
  return program;
}

/** Pid of the process that leads; 0: none does. */
async function leader(): Promise<number> {
  const holder = await on.redis.redis.get(`${on.redis.prefix}leader`);
  return Number(holder?.split(':').at(-2) ?? 0);
}

async function jobsOfWorker(ran: string[]) {
  const run = (_payload: unknown, job: { readonly id: string }) => void ran.push(job.id);
  const store = on.redis.make({ url: redisUrl() });
  const { warren } = await on.app.startWarren([{ type: 'tick:', run }], { store, schedules: false });
  return warren.jobs;
}

describe('three schedulers with a job a second', () => {
  it(
    'make each occurrence once and miss none while the leader is killed twice',
    async () => {
      const ran: string[] = [];
      const jobs = await jobsOfWorker(ran);
      await jobs.schedules.upsert('tick', { job: 'tick:new', cron: '* * * * * *', missed: 'all' });
      const schedulers = await Promise.all([scheduler(), scheduler(), scheduler()]);
      for (const after of [2, 4]) {
        await until(() => ran.length >= after, `${after} occurrences ran`);
        const pid = await leader();
        expect(schedulers.map((program) => program.pid)).toContain(pid);
        kill(pid, 'SIGKILL');
        await until(async () => ![0, pid].includes(await leader()), 'another leads');
      }
      await until(() => ran.length >= SECONDS, 'a job of each second ran', SECONDS * 3_000);
      await jobs.schedules.pause('tick');
      for (const { pid } of schedulers) kill(pid, 'SIGKILL');
      const { fired, createdAt } = (await jobs.schedules.get('tick'))!;
      const first = Math.floor(createdAt.getTime() / 1_000) + 1;
      const occurrences = (count: number): string[] =>
        Array.from({ length: count }, (_, at) => `tick@${new Date((first + at) * 1_000).toISOString()}`);
      await until(() => occurrences(fired).every((id) => ran.includes(id)), 'all that were made ran');
      expect([...ran].sort()).toEqual(occurrences(ran.length));
    },
    SECONDS * 3_000 + 60_000,
  );
});

describe('a schedule', () => {
  it('is made in the process that put it, and goes on in another where it is paused and removed', async () => {
    const ran: string[] = [];
    const jobs = await jobsOfWorker(ran);
    const first = await on.app.startWarren([], { store: on.redis.make({ url: redisUrl() }) });
    await first.warren.jobs.schedules.upsert('tick', { job: 'tick:new', every: '1s', payload: { n: 1 } });
    await until(() => ran.length > 0, 'the first occurrence runs');
    const second = await on.app.startWarren([], { store: on.redis.make({ url: redisUrl() }) });
    await first.warren.drain();
    const before = ran.length;
    await until(() => ran.length > before, 'the second makes the next');
    await jobs.schedules.pause('tick');
    expect(await second.warren.jobs.schedules.get('tick')).toMatchObject({ every: 1_000, payload: { n: 1 } });
    expect(await jobs.schedules.remove('tick')).toBe(true);
    expect(await second.warren.jobs.schedules.list()).toEqual([]);
    expect(new Set(ran).size).toBe(ran.length);
  });
});
