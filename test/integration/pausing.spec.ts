import { jest } from '@jest/globals';
import { RabbitMqApp, type TestHandler } from '../support/rabbitmq-app.js';
import { RedisApp } from '../support/redis-app.js';
import { redisUrl } from '../support/services.js';
import { until } from '../support/until.js';

jest.setTimeout(60_000);

const rabbit = new RabbitMqApp('pausing');
const redis = new RedisApp();
afterAll(async () => {
  await rabbit.dispose();
  await redis.dispose();
});

const ran: string[] = [];
const releases: Array<() => void> = [];
const quick = { type: 'email:new', run: (payload: unknown) => void ran.push(JSON.stringify(payload)) };
const other = { type: 'email:old', run: () => void ran.push('old') };
const slow = { type: 'slow:job', run: () => new Promise<void>((resolve) => releases.push(resolve)) };

const store = () => redis.make({ url: redisUrl() });
const closers: Array<() => Promise<void>> = [];

async function start(handlers: readonly TestHandler[] = []) {
  const options = { store: store(), ...(handlers.length === 0 && { worker: false as const }) };
  const started = await rabbit.startWarren(handlers, options);
  closers.push(() => started.warren.close());
  return started;
}

afterEach(async () => {
  for (const release of releases.splice(0)) release();
  await Promise.all(closers.splice(0).map((close) => close()));
});

beforeAll(() => rabbit.owns('email', 'slow'));
beforeEach(() => {
  ran.length = 0;
});

it('pauses and resumes a queue on all workers, and leaves no consumer and no channel behind', async () => {
  const { warren: api } = await start();
  const workers = [await start([quick, slow]), await start([quick, slow])];
  for (let round = 0; round < 3; round += 1) {
    await api.jobs.queues.pause('email');
    await until(async () => (await api.jobs.queues.view('email')).consumers === 0, 'nobody consumes');
    await api.jobs.enqueue('email:new', { round });
    await api.jobs.enqueue('email:new', { delayed: round }, { delay: '100ms' });
    await rabbit.untilCount(rabbit.names.queue('email'), 2);
    expect(ran).toHaveLength(2 * round);
    await api.jobs.queues.resume('email');
    await until(() => ran.length === 2 * round + 2, 'they run');
  }
  for (const { warren } of workers) {
    expect(warren.status().consumers).toHaveLength(2);
    // The other worker may have run the last two before this one consumes again.
    await until(() => warren.status().consumers.every(({ attached }) => attached), 'it consumes both');
  }
  expect(rabbit.written(/^(error|warn)/)).toEqual([]);
});

it('a worker that starts while a queue is paused takes nothing from it, and drains wait for what runs', async () => {
  const { warren: api } = await start();
  const { recorder } = await start([slow]);
  releases.length = 0;
  await api.jobs.enqueue('slow:job', {});
  await until(() => releases.length === 1, 'it runs');
  let isDrained = false;
  const draining = api.jobs.queues.drain('slow').then(() => (isDrained = true));
  // A quorum queue counts a consumer that was cancelled for as long as it holds a message.
  const areHeld = async () =>
    (await api.jobs.workers()).every(({ queues }) => queues.every(({ isHeld }) => isHeld));
  await until(areHeld, 'nobody takes jobs');
  await api.jobs.enqueue('slow:job', {});
  const { warren: late } = await start([slow]);
  expect(late.status().consumers).toEqual([]);
  expect(isDrained).toBe(false);
  releases[0]!();
  await draining;
  expect(releases).toHaveLength(1);
  expect(recorder.all('completed')).toHaveLength(1);
  await api.jobs.queues.reset('slow');
  await until(() => releases.length === 2, 'the next one runs');
  releases[1]!();
});

it('a paused type waits behind the delays, while others of its queue run', async () => {
  const { warren: api } = await start();
  await start([quick, other]);
  await api.jobs.types.pause('email:new');
  const { id } = await api.jobs.enqueue('email:new', { paused: true });
  await api.jobs.enqueue('email:old', {});
  await until(() => ran.includes('old'), 'the other type runs');
  await rabbit.untilCount(rabbit.names.queue('email'), 0);
  expect(await api.jobs.get(id)).toMatchObject({ state: 'queued', attempt: 0 });
  await api.jobs.types.resume('email:new');
  await until(() => ran.length === 2, 'it runs after the resume');
  await until(async () => (await api.jobs.get(id))?.state === 'completed', 'it is recorded');
  expect(await api.jobs.get(id)).toMatchObject({ attempt: 1 });
});

it('lists the workers, and makes one of them quiet while the other goes on', async () => {
  const { warren: api } = await start();
  const before = (await api.jobs.workers()).map(({ id }) => id);
  const { warren: first } = await start([quick]);
  const [mine] = (await api.jobs.workers()).filter(({ id }) => !before.includes(id));
  expect(mine).toMatchObject({ pid: process.pid, isQuiet: false });
  expect(await api.jobs.workers.quiet(mine!.id)).toBe('done');
  expect(first.status().consumers).toEqual([]);
  const quietOnes = (await api.jobs.workers()).filter(({ isQuiet }) => isQuiet);
  expect(quietOnes.map(({ id }) => id)).toEqual([mine!.id]);
  await api.jobs.workers.wake(mine!.id);
  expect(first.status().consumers).toHaveLength(1);
  await first.close();
  expect((await api.jobs.workers()).map(({ id }) => id)).not.toContain(mine!.id);
});
