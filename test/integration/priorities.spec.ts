import { jest } from '@jest/globals';
import { targetsOf } from '../../libs/core/src/broker/rabbitmq/topology/targets.js';
import { systemClock, type Clock } from '../../libs/core/src/kernel/clock.js';
import { fixed } from '../../libs/core/src/kernel/backoff.js';
import { RabbitMqApp, type TestHandler } from '../support/rabbitmq-app.js';
import { until } from '../support/until.js';

jest.setTimeout(60_000);

const queues = {
  email: { priorities: 3, priorityPolicy: 'strict', deliveryLimit: 1 },
} as const;

/**
 * What it measures seems to last a tenth of what it does: a worker waits for 2 s, not for 200 ms, for a queue whose next
 * jobs are on their way. Orders and shares do not depend on how busy the broker is then.
 */
const patient: Clock = { ...systemClock, elapsed: () => systemClock.elapsed() / 10 };

/** Types of jobs, or their payloads, in the order of their starts. */
const ran: unknown[] = [];
const releases: Array<() => void> = [];
const quick: TestHandler = { type: 'email:new', run: (payload) => void ran.push(payload) };
const slow: TestHandler = {
  type: 'email:new',
  run: (payload) => {
    ran.push(payload);
    return new Promise<void>((resolve) => releases.push(resolve));
  },
};

let rabbit: RabbitMqApp;

beforeEach(() => {
  rabbit = new RabbitMqApp('priorities');
  rabbit.owns(...targetsOf({ name: 'email', priorities: 3 }), 'critical', 'bulk');
  ran.length = 0;
});

afterEach(async () => {
  for (const release of releases.splice(0)) release();
  await rabbit.dispose();
});

/** Jobs that wait at each level, the highest first. */
async function waiting(): Promise<number[]> {
  const targets = targetsOf({ name: 'email', priorities: 3 });
  return Promise.all(targets.map((target) => rabbit.count(rabbit.names.queue(target))));
}

const untilWaiting = (counts: readonly number[]) =>
  until(async () => String(await waiting()) === String(counts), `${String(counts)} jobs wait at the levels`);

describe('jobs of a queue with priorities', () => {
  it('run in strict order of their levels', async () => {
    const { warren: api } = await rabbit.startWarren([], { queues, worker: false });
    for (const priority of ['low', 'normal', 'high'] as const) {
      await Promise.all(
        Array.from({ length: 100 }, () => api.jobs.enqueue('email:new', priority, { priority })),
      );
    }
    await rabbit.startWarren([quick], { queues, worker: { concurrency: 5 } }, patient);
    await until(() => ran.length === 300, 'all run');
    const inOrder = ['high', 'normal', 'low'].flatMap((level) => Array<string>(100).fill(level));
    expect(ran).toEqual(inOrder);
  });

  it('keep their level through a delay, a retry and the dead letters', async () => {
    const failing: TestHandler = {
      type: 'email:new',
      options: { attempts: 2, backoff: fixed('300ms', { jitter: 'none' }) },
      run: () => {
        throw new Error('for the test');
      },
    };
    const { warren: api } = await rabbit.startWarren([], { queues, worker: false });
    await api.jobs.enqueue('email:new', 1, { priority: 'high', delay: '100ms' });
    await untilWaiting([1, 0, 0]);
    const { warren, recorder } = await rabbit.startWarren([failing], { queues });
    await recorder.next('retryScheduled');
    await warren.drain();
    await untilWaiting([1, 0, 0]);
    const next = await rabbit.startWarren([failing], { queues });
    await next.recorder.next('failed');
    await next.warren.close();
    // A process that has enqueued nothing knows the levels, too.
    const { warren: operator } = await rabbit.startWarren([], { queues, worker: false });
    expect(await operator.jobs.deadLetters('email').requeue({ all: true })).toBe(1);
    await untilWaiting([1, 0, 0]);
    expect(await operator.jobs.queues.view('email')).toMatchObject({ ready: 1, deadLetters: 0 });
  });

  it('wait, published by another program, where the routing key says, and are tried again there', async () => {
    await rabbit.startWarren([], { queues, worker: false });
    const { jobsExchange } = rabbit.names;
    await rabbit.amqp(async (channel) => {
      const body = Buffer.from('"other"');
      channel.publish(jobsExchange, 'email', body, { type: 'email:new', priority: 0 });
      channel.publish(jobsExchange, 'email@+1', body, { type: 'email:new' });
      await channel.checkQueue(rabbit.names.queue('email'));
    });
    await untilWaiting([1, 1, 0]);
    const once: TestHandler = {
      type: 'email:new',
      options: { backoff: fixed('200ms', { jitter: 'none' }) },
      run: () => {
        throw new Error('for the test');
      },
    };
    const { warren, recorder } = await rabbit.startWarren([once], { queues });
    await recorder.next('retryScheduled');
    await recorder.next('retryScheduled');
    await warren.drain();
    await untilWaiting([1, 1, 0]);
  });

  it('do not become poison while they wait in a worker whose slots are taken for long', async () => {
    const { warren: api } = await rabbit.startWarren([], { queues, worker: false });
    const busy = await rabbit.startWarren([slow], { queues, worker: { concurrency: 1 } });
    await api.jobs.enqueue('email:new', 'long', { priority: 'low' });
    await until(() => ran.length === 1, 'it runs');
    for (const priority of ['low', 'normal', 'high'] as const) {
      await api.jobs.enqueue('email:new', priority, { priority });
    }
    // Its only slot is taken: they go back and wait, as the worker takes nothing more.
    await untilWaiting([1, 1, 1]);
    expect(busy.warren.status().consumers).toEqual([]);
    await rabbit.startWarren([quick], { queues, worker: { concurrency: 1 } });
    await until(() => ran.length === 4, 'they run elsewhere');
    expect(ran).toEqual(['long', 'high', 'normal', 'low']);
    await api.jobs.enqueue('email:new', 'last');
    releases.shift()!();
    await busy.recorder.next('completed');
    await until(() => ran.includes('last'), 'the last one runs');
    expect((await api.jobs.queues.view('email')).deadLetters).toBe(0);
  });

  it('are checked with the rest of the topology', async () => {
    const { warren } = await rabbit.startWarren([quick], { queues });
    const subjects = async () =>
      (await warren.jobs.topology.check()).findings.filter(({ level }) => level === 'fail');
    expect(await subjects()).toEqual([]);
    await warren.drain();
    await rabbit.amqp((channel) => channel.deleteQueue(rabbit.names.queue('email@+1')));
    expect(await subjects()).toEqual([
      expect.objectContaining({ message: expect.stringContaining("email@+1'") as string }),
    ]);
  });
});

describe('queues with weights', () => {
  const worker = { concurrency: 50, queues: { critical: { weight: 10 }, bulk: { weight: 1 } } };
  const handlers: readonly TestHandler[] = ['critical', 'bulk'].map((queue) => ({
    type: `${queue}:job`,
    run: () => void ran.push(queue),
  }));
  const enqueue = async (queue: string, count: number) => {
    const { warren } = await rabbit.startWarren([], { worker: false });
    const jobs = Array.from({ length: count }, () => ({ job: `${queue}:job`, payload: {} }));
    for (let from = 0; from < count; from += 2_000) {
      await warren.jobs.enqueueMany(jobs.slice(from, from + 2_000));
    }
  };

  it('10 to 1 run 10 to 1 while both have jobs, of 10,000', async () => {
    await Promise.all([enqueue('critical', 9_100), enqueue('bulk', 1_300)]);
    await rabbit.startWarren(handlers, { worker }, patient);
    await until(() => ran.length >= 9_900, 'one of them has run nearly all that it has');
    const bothHadWork = ran.slice(0, 9_900);
    const critical = bothHadWork.filter((queue) => queue === 'critical').length;
    const ratio = critical / (bothHadWork.length - critical);
    expect(ratio).toBeGreaterThan(9);
    expect(ratio).toBeLessThan(11);
  });

  it('leave all slots to a queue that is the only one with jobs', async () => {
    const slowBulk: TestHandler = { ...slow, type: 'bulk:job' };
    await enqueue('bulk', 60);
    await rabbit.startWarren([handlers[0]!, slowBulk], { worker });
    await until(() => ran.length >= 50, 'all slots are taken');
    expect(ran).toHaveLength(50);
  });
});
