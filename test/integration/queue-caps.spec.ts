import { jest } from '@jest/globals';
import type { JobsOptions } from '../../libs/core/src/options/module.js';
import { someIds } from '../../libs/core/src/testing/contract/scene.js';
import { Administrator, managedBroker, type ManagedBroker } from '../support/managed-broker.js';
import { RabbitMqApp } from '../support/rabbitmq-app.js';
import { until } from '../support/until.js';

// A node may have to be started, and its statistics come every five seconds.
jest.setTimeout(120_000);

let managed: ManagedBroker;
let administrator: Administrator;
let rabbit: RabbitMqApp;

beforeAll(async () => {
  managed = await managedBroker();
}, 150_000);
afterAll(() => managed.stop());
beforeEach(() => {
  administrator = new Administrator(managed);
  rabbit = new RabbitMqApp('caps', undefined, managed.url);
  rabbit.owns('email', 'other');
});
afterEach(async () => {
  await administrator.takeBack();
  await rabbit.dispose();
});

async function producer(options: JobsOptions = {}) {
  const { managementUrl } = managed;
  return (await rabbit.startWarren([], { worker: false, managementUrl, ...options })).warren.jobs;
}

type Jobs = Awaited<ReturnType<typeof producer>>;

const isFull = (error: unknown) => (error as { code?: unknown }).code === 'WARREN_QUEUE_FULL';

/** Resolves when an enqueue is refused. */
async function untilFull(jobs: Jobs): Promise<void> {
  await until(async () => {
    try {
      await jobs.enqueue('email:new');
      return false;
    } catch (error) {
      if (!isFull(error)) throw error;
      return true;
    }
  }, 'the queue is full');
}

describe('limits of a queue that exists', () => {
  it('are lowered and taken back at run time, in processes that know nothing of it, and in later ones', async () => {
    const queues = { email: { maxLength: 10_000 } };
    const jobs = await producer({ queues });
    const blind = await producer({ queues, managementUrl: undefined });
    for (const id of someIds(20)) await jobs.enqueue('email:new', {}, { id });
    expect(await jobs.queues.configure('email', { maxLength: 5, messageTtl: '1h' })).toBe('kept');
    await untilFull(blind);
    const later = await producer({ queues });
    const { settings, ready, deadLetters } = await later.queues.view('email');
    expect(ready).toBeGreaterThanOrEqual(20);
    expect(deadLetters).toBe(0);
    expect(settings).toMatchObject({
      maxLength: { value: 5, origin: 'override', beneath: { value: 10_000, origin: 'queue' } },
      messageTtl: { value: 3_600_000, origin: 'override' },
    });
    await administrator.untilPolicy(rabbit.names.queue('email'), rabbit.names.queue('email'));
    const { findings } = await later.topology.check();
    expect(findings.filter(({ message }) => message.includes('changed at run time'))).toEqual([
      expect.objectContaining({
        level: 'ok',
        message: expect.stringContaining('message-ttl is 1h') as string,
      }),
      expect.objectContaining({ level: 'ok', message: expect.stringContaining('max-length is 5') as string }),
    ]);
    await later.queues.reset('email', 'maxLength');
    await until(
      () =>
        blind.enqueue('email:new').then(
          () => true,
          () => false,
        ),
      'there is room',
    );
    expect(await administrator.definitionOf(rabbit.names.queue('email'))).toEqual({
      'message-ttl': 3_600_000,
    });
    await later.queues.reset('email');
    expect(await administrator.definitionOf(rabbit.names.queue('email'))).toBeUndefined();
  });

  it('are given to one without any, which then drops its oldest, and holds up no delay', async () => {
    const ran: string[] = [];
    const { managementUrl } = managed;
    const run = (_: unknown, job: { readonly id: string }) => void ran.push(job.id);
    const { warren } = await rabbit.startWarren([{ type: 'other:job', run }], { managementUrl });
    const { jobs } = warren;
    const ids = someIds(8);
    for (const id of ids) await jobs.enqueue('email:new', {}, { id });
    await expect(jobs.queues.configure('email', { maxLength: 3 })).rejects.toMatchObject({
      code: 'WARREN_QUEUE_FIXED',
      message: expect.stringContaining("overflow: 'drop-oldest'") as string,
    });
    await jobs.queues.configure('email', { maxLength: 3, overflow: 'drop-oldest' });
    const letters = jobs.deadLetters('email');
    await until(async () => (await letters.list()).length === 5, 'five are displaced');
    const dead = await letters.list();
    expect(dead.map(({ id }) => id).sort()).toEqual(ids.slice(0, 5));
    expect(new Set(dead.map(({ reason }) => reason))).toEqual(new Set(['displaced']));
    await jobs.enqueue('email:new', {}, { id: 'due', delay: '20ms' });
    await jobs.enqueue('other:job', {}, { id: 'other', delay: '40ms' });
    await until(() => ran.includes('other'), 'a delayed job of another queue runs');
    await until(async () => (await letters.list()).length === 6, 'the delayed one has displaced another');
    expect(await rabbit.idsIn(rabbit.names.queue('email'))).toEqual(['m-6', 'm-7', 'due']);
  });

  it('go with a policy that applies already, and are refused where that one says less', async () => {
    const { names, app } = rabbit;
    await administrator.policy(app, `^${app}\\.q\\.`, { 'delivery-limit': 4, 'max-length': 50 });
    const jobs = await producer({ queues: { email: { maxLength: 100 } } });
    await jobs.enqueue('email:new');
    await jobs.queues.configure('email', { maxLength: 2 });
    const own = names.queue('email');
    expect(await administrator.definitionOf(own)).toEqual({ 'delivery-limit': 4, 'max-length': 2 });
    await untilFull(jobs);
    await expect(jobs.queues.configure('email', { maxLength: 60 })).rejects.toMatchObject({
      code: 'WARREN_QUEUE_FIXED',
      message: expect.stringContaining(
        `The policy '${app}' stands in the way: it says max-length: 50`,
      ) as string,
    });
    await jobs.queues.reset('email');
    expect(await administrator.definitionOf(own)).toBeUndefined();
  });

  it('need a user who may set policies, else the command is said', async () => {
    const queues = { email: { maxLength: 100 } };
    await (await producer({ queues })).enqueue('email:new');
    const user = new URL(await administrator.user(rabbit.app, ''));
    const managementUrl = new URL(managed.managementUrl);
    [managementUrl.username, managementUrl.password] = [user.username, user.password];
    const jobs = await producer({ queues, managementUrl: managementUrl.href });
    await expect(jobs.queues.configure('email', { maxLength: 5 })).rejects.toMatchObject({
      code: 'WARREN_MANAGEMENT_FAILED',
      message: expect.stringContaining('is refused (401): the user needs the tag policymaker') as string,
    });
    const { settings, ready } = await jobs.queues.view('email');
    expect(ready).toBe(1);
    expect(settings['maxLength']).toMatchObject({
      value: 100,
      problem: expect.stringContaining('policymaker') as string,
    });
    const blind = await producer({ queues, managementUrl: undefined });
    await expect(blind.queues.configure('email', { maxLength: 5 })).rejects.toMatchObject({
      code: 'WARREN_QUEUE_FIXED',
      message: expect.stringContaining(`rabbitmqctl set_policy -p '/' --priority 10`) as string,
    });
  });
});
