import { Module } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobQueue, JobsModule, type EnqueueOptions } from 'nestjs-warren';
import { buildLibraries } from '../support/build.js';
import { removeApp, uniqueApp } from '../support/broker-objects.js';
import { rabbitmqUrl } from '../support/services.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { ThreadWorker } from '../support/thread-worker.js';

/** Handlers with `isolation: 'thread'`, in processes on the built library: only there are threads what they are. */

/** Starting processes and threads takes its time on a busy machine. */
const LIMIT_MS = 180_000;

let app: string;
let producer: INestApplicationContext;
let jobs: JobQueue;
const workers: ThreadWorker[] = [];

async function startProducer(): Promise<void> {
  app = uniqueApp('threads');
  class Producer {}
  Module({ imports: [JobsModule.forRoot({ url: rabbitmqUrl(), app, queues, worker: false })] })(Producer);
  producer = await NestFactory.createApplicationContext(Producer, { logger: false });
  jobs = producer.get(JobQueue);
}
const queues = { full: { maxLength: 1 } };

async function endAll(): Promise<void> {
  for (const worker of workers.splice(0)) await worker.end('SIGKILL');
  await producer.close();
  await removeApp(rabbitmqUrl(), app, ['report', 'page', 'quick', 'full']);
  await removeApp(rabbitmqUrl(), `${app}-other`, ['other']);
}

function spawnWorker(environment: Readonly<Record<string, string>> = {}): ThreadWorker {
  const worker = new ThreadWorker({ RABBITMQ_URL: rabbitmqUrl(), TEST_APP: app, ...environment });
  workers.push(worker);
  return worker;
}

async function report(payload: object, options: EnqueueOptions = {}): Promise<string> {
  return (await jobs.enqueue('report:job', payload, options)).id;
}

beforeAll(() => buildLibraries());

describe('a handler in a thread', () => {
  let worker: ThreadWorker;
  const once = { attempts: 1 };

  beforeAll(async () => {
    await startProducer();
    worker = await spawnWorker().ready();
  });
  afterAll(endAll);

  it(
    'has its context, its injected class and its interceptors there',
    async () => {
      const id = await report({ what: 'echo', number: 5 }, { headers: { tenant: 'blue' } });
      const { result } = await worker.next(id, 'completed');
      expect(result).toMatchObject({
        number: 5,
        id,
        isMainThread: false,
        isCurrent: true,
        attempt: 1,
        maxAttempts: 2,
        queue: 'report',
        headers: { tenant: 'blue' },
        enqueuedAt: true,
        deliveries: 1,
      });
      const { thread } = result as { thread: number };
      await worker.until(
        () => worker.said.some((said) => said.intercepted === 'Reports' && said.thread === thread),
        'the interceptor has run in the thread',
      );
      expect(worker.said).toContainEqual({ database: 'opened', thread });
    },
    LIMIT_MS,
  );

  it('tells its progress in order, the last before the end', async () => {
    const id = await report({ what: 'progress' });
    await worker.next(id, 'completed');
    const told = worker.of(id, 'progressed').map(({ progress }) => (progress as { done: number }).done);
    expect(told).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it('does not hold up other jobs while it works for the CPU', async () => {
    const id = await report({ what: 'spin', ms: 3_000 });
    await worker.next(id, 'progressed');
    for (let number = 100; number < 105; number += 1) {
      const { id: quick } = await jobs.enqueue('quick:job', { number });
      await worker.next(quick, 'completed');
    }
    expect(worker.of(id, 'completed')).toEqual([]);
    expect(await worker.next(id, 'completed')).toMatchObject({ result: 'spun' });
  });

  it('gets an instance of its payload class, and a payload that is none is rejected', async () => {
    const { id: good } = await jobs.enqueue('page:job', { number: 3 });
    expect(await worker.next(good, 'completed')).toMatchObject({ result: { number: 3, class: 'Page' } });
    const { id: bad } = await jobs.enqueue('page:job', { number: 'three' });
    expect(await worker.next(bad, 'failed')).toMatchObject({
      reason: 'rejected',
      error: { code: 'WARREN_PAYLOAD_INVALID', message: expect.stringContaining('number') },
    });
  });

  it('fails with the error that it threw, and is retried', async () => {
    const id = await report({ what: 'fail' });
    const { error } = await worker.next(id, 'retryScheduled');
    expect(error).toMatchObject({ name: 'TypeError', message: 'as it was told' });
    expect(error.stack).toContain('thread-worker.mjs');
    expect(await worker.next(id, 'failed')).toMatchObject({ attempt: 2, reason: 'exhausted' });
  });

  it('decides its outcome with control errors', async () => {
    const given = await report({ what: 'give' });
    expect(await worker.next(given, 'failed')).toMatchObject({ attempt: 1, reason: 'terminated' });
    const snoozed = await report({ what: 'snooze' });
    expect(await worker.next(snoozed, 'snoozed')).toMatchObject({ delayMs: 200 });
    expect(await worker.next(snoozed, 'completed')).toMatchObject({ attempt: 1, result: 'awake' });
  });

  it('enqueues through the main thread, on each connection, with correlation and parent of its job', async () => {
    const id = await report({ what: 'enqueue', number: 7 });
    await worker.next(id, 'completed');
    await worker.until(() => worker.said.some(({ other }) => other === 7), 'the other connection has run it');
    await worker.until(() => worker.said.some(({ quick }) => quick === 7), 'the queue has run it');
    expect(worker.said).toContainEqual({ quick: 7, correlationId: id, parentId: id, isMainThread: true });
    const enqueued = worker.moments.filter(
      (moment) => moment.kind === 'enqueued' && moment.correlationId === id && moment.type === 'quick:job',
    );
    expect(enqueued).toHaveLength(1);
  });

  it.each([
    ['enqueueBad', 'WARREN_PAYLOAD_NOT_JSON'],
    ['enqueueFull', 'WARREN_QUEUE_FULL'],
    ['letters', 'WARREN_THREAD_UNSUPPORTED'],
    ['functionProgress', 'WARREN_THREAD_VALUE'],
    ['functionResult', 'WARREN_THREAD_VALUE'],
  ])('that does %s fails with %s', async (what, code) => {
    const id = await report({ what }, once);
    expect(await worker.next(id, 'failed')).toMatchObject({ error: { code } });
  });

  it.each([
    ['exit', 'worker exited with code: 3'],
    ['throwLate', 'nobody catches this'],
    ['eat', 'ERR_WORKER_OUT_OF_MEMORY|memory limit'],
  ])(
    'whose thread dies (%s) fails by that, and the worker goes on',
    async (what, cause) => {
      const id = await report({ what });
      expect(await worker.next(id, 'retryScheduled')).toMatchObject({
        error: { code: 'WARREN_THREAD_DIED', message: expect.stringMatching(cause) },
      });
      expect(await worker.next(id, 'failed')).toMatchObject({ attempt: 2, reason: 'exhausted' });
      const next = await report({ what: 'echo', number: 1 });
      await worker.next(next, 'completed');
    },
    LIMIT_MS,
  );

  it(
    'that loops for ever is ended at its timeout, and only it',
    async () => {
      const neighbour = await report({ what: 'work', ms: 9_000 }, { timeout: '30s' });
      await worker.next(neighbour, 'progressed');
      const id = await report({ what: 'loop' }, { attempts: 1, timeout: '500ms' });
      await worker.next(id, 'progressed');
      const { id: quick } = await jobs.enqueue('quick:job', { number: 200 });
      await worker.next(quick, 'completed');
      expect(worker.of(id, 'failed')).toEqual([]);
      const { error, durationMs } = await worker.next(id, 'failed');
      expect(error.code).toBe('WARREN_TIMEOUT');
      expect(durationMs).toBeGreaterThanOrEqual(5_500);
      const after = await report({ what: 'echo', number: 2 });
      await worker.next(after, 'completed');
      expect(await worker.next(neighbour, 'completed')).toMatchObject({ attempt: 1, result: 'worked' });
      expect(worker.of(neighbour, 'started')).toHaveLength(1);
    },
    LIMIT_MS,
  );

  it('lives on with heartbeats', async () => {
    const id = await report({ what: 'beat', times: 8, everyMs: 500 }, { ...once, timeout: '2s' });
    const { result, durationMs } = await worker.next(id, 'completed');
    expect(result).toBe('alive');
    expect(durationMs).toBeGreaterThan(2_000);
  });

  it('hears of its timeout by its signal', async () => {
    const id = await report({ what: 'obey' }, { ...once, timeout: '300ms' });
    expect(await worker.next(id, 'failed')).toMatchObject({ error: { code: 'WARREN_TIMEOUT' } });
    await worker.until(() => worker.said.some(({ aborted }) => aborted !== undefined), 'the signal aborted');
    expect(worker.said).toContainEqual({ aborted: 'WARREN_TIMEOUT', isError: true });
  });

  it('is closed with its application when the process is told to stop', async () => {
    // Some were ended by the tests before: with two jobs at once, both live.
    const ids = await Promise.all([1, 2].map(() => report({ what: 'work', ms: 500 })));
    for (const id of ids) await worker.next(id, 'completed');
    const opened = worker.said.filter(({ database }) => database === 'opened').length;
    expect(opened).toBeGreaterThan(2);
    expect(await worker.end('SIGTERM')).toBe(0);
    const closed = worker.said.flatMap(({ database, thread }) => (database === 'closed' ? thread : []));
    // The main thread's, and those of the two threads.
    expect(closed).toHaveLength(3);
    expect(closed).toContain(0);
  });
});

describe('a process with handlers in threads', () => {
  let proxy: TcpProxy;
  beforeEach(async () => {
    await startProducer();
    proxy = await TcpProxy.start(rabbitmqUrl());
  });
  afterEach(async () => {
    await endAll();
    await proxy.refuse();
  });

  it(
    'waits for them at shutdown',
    async () => {
      const worker = await spawnWorker().ready();
      const id = await report({ what: 'work', ms: 1_500 });
      await worker.next(id, 'progressed');
      expect(await worker.end('SIGTERM')).toBe(0);
      expect(worker.of(id, 'completed')).toHaveLength(1);
      const closed = worker.said.flatMap(({ database, thread }) => (database === 'closed' ? thread : []));
      expect(closed.filter((thread) => thread !== 0)).toHaveLength(1);
    },
    LIMIT_MS,
  );

  it(
    'interrupts what takes longer, and another one runs it with no attempt spent',
    async () => {
      const worker = await spawnWorker({ TEST_SHUTDOWN_TIMEOUT: '200ms' }).ready();
      const obeying = await report({ what: 'obey' }, { timeout: '60s' });
      const looping = await report({ what: 'loop' }, { timeout: '60s' });
      await worker.next(obeying, 'progressed');
      await worker.next(looping, 'progressed');
      expect(await worker.end('SIGTERM')).toBe(0);
      expect(worker.said).toContainEqual({ aborted: 'WARREN_INTERRUPTED', isError: true });
      const second = await spawnWorker().ready();
      for (const id of [obeying, looping]) {
        // `started` may be told before the process listens.
        expect(await second.next(id, 'progressed')).toMatchObject({ attempt: 1 });
      }
    },
    LIMIT_MS,
  );

  it(
    'runs a job again whose connection is cut meanwhile',
    async () => {
      const worker = await spawnWorker({ RABBITMQ_URL: proxy.url, TEST_MAX_THREADS: '1' }).ready();
      const id = await report({ what: 'loop' }, { timeout: '60s' });
      await worker.next(id, 'progressed');
      proxy.cut();
      // The first run, which hears nothing, is ended after the grace; then the second one gets a thread.
      await worker.until(() => worker.of(id, 'progressed').length === 2, 'it runs again');
      expect(worker.of(id, 'started').map(({ attempt }) => attempt)).toEqual([1, 1]);
    },
    LIMIT_MS,
  );

  it(
    'says why a thread cannot start, and lives',
    async () => {
      const worker = await spawnWorker({
        TEST_ENTRY: 'test/fixtures/no-entry.mjs',
        TEST_START_TIMEOUT: '300ms',
      }).ready();
      const id = await report({ what: 'echo' }, { attempts: 1 });
      expect(await worker.next(id, 'failed')).toMatchObject({
        error: { code: 'WARREN_THREAD_START', message: expect.stringContaining('calls bootstrapWorker') },
      });
      expect(await worker.end('SIGTERM')).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'needs no broker',
    async () => {
      const work = [{ what: 'echo', number: 1 }, { what: 'enqueue', number: 9 }, { what: 'exit' }];
      const worker = await spawnWorker({ RABBITMQ_URL: '', TEST_ENQUEUE: JSON.stringify(work) }).ready();
      const completed = () => worker.moments.filter(({ kind }) => kind === 'completed').length;
      await worker.until(() => completed() === 3, 'both ended, and what the second enqueued');
      expect(worker.said).toContainEqual(expect.objectContaining({ quick: 9, isMainThread: true }));
      expect(worker.said).toContainEqual({ other: 9, isMainThread: true });
      await worker.until(() => worker.moments.some(({ kind }) => kind === 'failed'), 'the third failed');
      expect(await worker.end('SIGTERM')).toBe(0);
    },
    LIMIT_MS,
  );
});
