import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { createMemoryBroker } from '../broker/memory/index.js';
import type { JobContext } from '../job/context.js';
import { WarrenError } from '../kernel/errors/index.js';
import type { HandlerOptions } from '../options/handler.js';
import type { JobsOptions } from '../options/module.js';
import type { Environment } from '../options/environment.js';
import { BrokerFaults, flakyBroker } from '../testing/flaky-broker.js';
import { startHarness } from '../testing/harness.js';
import { ManualClock } from '../testing/manual-clock.js';
import { Recorder } from '../testing/recorder.js';
import { until } from '../testing/until.js';
import { packError, unpackError } from '../threads/packed-error.js';
import type { FromThread, ThreadTask, ToThread } from '../threads/protocol.js';
import type { ThreadPoolParts } from '../threads/thread-pool.js';
import { ThreadSide } from '../threads/thread-side.js';
import { Warren } from './warren.js';
import type { WarrenParts } from './warren-parts.js';

/** The main thread's side, with a test in the place of piscina and of the threads. */
interface Task {
  readonly task: ThreadTask;
  readonly end: AbortSignal;
  /** The pool's answer. */
  readonly done: () => void;
  readonly died: (error: Error) => void;
}

class FakeThreads {
  readonly tasks: Task[] = [];
  readonly heard: ToThread[] = [];
  isDestroyed = false;
  private port: MessagePort | undefined;
  private parts: ThreadPoolParts | undefined;

  readonly load = () =>
    Promise.resolve((parts: ThreadPoolParts) => {
      this.parts = parts;
      return {
        run: (task: ThreadTask, end: AbortSignal) =>
          new Promise<void>((resolve, reject) => {
            this.tasks.push({ task, end, done: resolve, died: reject });
            end.addEventListener('abort', () => reject(new Error('The task has been aborted')));
          }),
        destroy: async () => void (this.isDestroyed = true),
      };
    });

  /** A thread starts; its end of the link. */
  link(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.parts!.onLink(port1);
    this.port = port2;
    return port2;
  }

  /** One that the test plays. */
  start(): void {
    this.link().on('message', (message: ToThread) => {
      this.heard.push(message);
      if (message.kind === 'close') this.send({ kind: 'closed' });
    });
  }

  send(message: FromThread): void {
    this.port!.postMessage(message);
  }

  async task(number: number): Promise<Task> {
    await until(() => this.tasks.length >= number, `the pool has ${number} tasks`);
    return this.tasks[number - 1]!;
  }

  close(): void {
    this.port?.close();
  }
}

const ENTRY = new URL('file:///app/worker.js');

describe('handlers in threads', () => {
  const clock = new ManualClock();
  const faults = new BrokerFaults(clock);
  let threads: FakeThreads;
  let recorder: Recorder;
  let warren: Warren;
  let warnings: string[];

  function make(
    options: HandlerOptions = {},
    module: JobsOptions = {},
    parts: Partial<WarrenParts> = {},
    environment: Environment = { production: false },
  ): Warren {
    threads = new FakeThreads();
    recorder = new Recorder();
    warnings = [];
    const write = () => undefined;
    warren = new Warren({
      options: {
        broker: flakyBroker(createMemoryBroker({ clock }), faults),
        worker: { threads: { max: 1 } },
        ...module,
      },
      logger: { error: write, info: write, debug: write, warn: (line) => void warnings.push(line) },
      clock,
      environment,
      threadEntry: ENTRY,
      loadThreadPool: threads.load,
      ...parts,
    });
    warren.observe(recorder.observer);
    const handler = { definition: undefined, payload: undefined, run: () => 'in the main thread' };
    const isolated = { isolation: 'thread', timeout: '10s', attempts: 1, ...options } as const;
    warren.register([
      { pattern: 'report:pdf', place: 'Reports.pdf', options: isolated, ...handler },
      { pattern: 'email:new', place: 'Emails.send', options: {}, ...handler },
    ]);
    return warren;
  }

  async function start(options: HandlerOptions = {}, module: JobsOptions = {}): Promise<void> {
    await make(options, module).start();
    threads.start();
  }

  async function enqueue(): Promise<string> {
    return (await warren.jobs.enqueue('report:pdf', { page: 1 })).id;
  }

  afterEach(async () => {
    const closing = warren.close();
    await clock.advance(60_000);
    await closing;
    threads.close();
  });

  it('get what the context is made of, and complete with what they say', async () => {
    await start();
    const id = await enqueue();
    const { task, done } = await threads.task(1);
    expect(task).toMatchObject({ run: 1, connection: 'default', pattern: 'report:pdf' });
    expect(task.facts).toMatchObject({
      envelope: { id, type: 'report:pdf', queue: 'report', attempt: 1, history: [] },
      policy: { attempts: 1 },
      delivery: { redelivered: false },
      payload: { page: 1 },
    });
    threads.send({ kind: 'begun', run: 1 });
    threads.send({ kind: 'progress', run: 1, value: 0.5 });
    threads.send({ kind: 'ended', run: 1, ending: { kind: 'value', value: 'made' } });
    done();
    expect(await recorder.next('progressed')).toMatchObject({ progress: 0.5 });
    expect(await recorder.next('completed')).toMatchObject({ jobId: id, result: 'made' });
  });

  it('do not spend their timeout while they wait for a thread', async () => {
    await start({}, { worker: { concurrency: 5, queues: { report: {} }, threads: { max: 1 } } });
    await enqueue();
    const { done } = await threads.task(1);
    await clock.advance(30_000);
    threads.send({ kind: 'begun', run: 1 });
    threads.send({ kind: 'ended', run: 1, ending: { kind: 'value', value: 'late' } });
    done();
    expect(await recorder.next('completed')).toMatchObject({ result: 'late' });
  });

  it('abort at their timeout, moved by heartbeats, and are ended after the grace', async () => {
    await start();
    await enqueue();
    const { end } = await threads.task(1);
    threads.send({ kind: 'begun', run: 1 });
    threads.send({ kind: 'progress', run: 1, value: 'begun' });
    await recorder.next('progressed');
    await clock.advance(9_000);
    threads.send({ kind: 'heartbeat', run: 1 });
    threads.send({ kind: 'progress', run: 1, value: 'beaten' });
    await recorder.next('progressed');
    await clock.advance(9_000);
    expect(threads.heard).toEqual([]);
    await clock.advance(1_000);
    await until(() => threads.heard.length === 1, 'the thread has heard of the abort');
    const [message] = threads.heard as [Extract<ToThread, { kind: 'abort' }>];
    expect(message).toMatchObject({ kind: 'abort', run: 1 });
    expect(unpackError(message.reason)).toMatchObject({ code: 'WARREN_TIMEOUT' });
    await clock.advance(4_999);
    expect(end.aborted).toBe(false);
    await clock.advance(1);
    expect(end.aborted).toBe(true);
    expect(await recorder.next('failed')).toMatchObject({ error: { code: 'WARREN_TIMEOUT' } });
    expect(warnings.join()).toContain('its thread is ended');
  });

  it('fail as the timeout says when they throw the reason of their signal', async () => {
    await start();
    await enqueue();
    const { done } = await threads.task(1);
    threads.send({ kind: 'begun', run: 1 });
    threads.send({ kind: 'progress', run: 1, value: 'begun' });
    await recorder.next('progressed');
    await clock.advance(10_000);
    await until(() => threads.heard.length === 1, 'the thread has heard of the abort');
    const { reason } = threads.heard[0] as Extract<ToThread, { kind: 'abort' }>;
    threads.send({ kind: 'ended', run: 1, ending: { kind: 'thrown', error: reason, isReason: true } });
    done();
    const { error } = await recorder.next('failed');
    expect(error.message).toMatch(/Reports\.pdf ran longer than its timeout of 10s/);
  });

  it('fail by the death of their thread', async () => {
    await start();
    await enqueue();
    const { died } = await threads.task(1);
    threads.send({ kind: 'begun', run: 1 });
    died(new Error('worker exited with code: 1'));
    expect(await recorder.next('failed')).toMatchObject({
      error: { code: 'WARREN_THREAD_DIED', message: expect.stringContaining('worker exited with code: 1') },
    });
  });

  it('take what a thread said before it died', async () => {
    await start();
    await enqueue();
    const { died } = await threads.task(1);
    threads.send({ kind: 'begun', run: 1 });
    threads.send({ kind: 'ended', run: 1, ending: { kind: 'value', value: 'just in time' } });
    died(new Error('worker exited with code: 1'));
    expect(await recorder.next('completed')).toMatchObject({ result: 'just in time' });
  });

  it('fail when a thread has no application in startTimeout, and end that thread', async () => {
    await start({}, { worker: { threads: { max: 1, startTimeout: '3s' } } });
    await enqueue();
    const { end } = await threads.task(1);
    await clock.advance(3_000);
    expect(await recorder.next('failed')).toMatchObject({
      error: { code: 'WARREN_THREAD_START', message: expect.stringContaining('in 3s') },
    });
    expect(end.aborted).toBe(true);
  });

  it('wait for a thread in their own queue, and others run meanwhile', async () => {
    await start();
    expect(warren.concurrencyOf('report')).toBe(1);
    expect(warren.concurrencyOf('email')).toBe(10);
    await enqueue();
    await threads.task(1);
    await enqueue();
    await warren.jobs.enqueue('email:new');
    expect(await recorder.next('completed')).toMatchObject({ result: 'in the main thread' });
    expect(threads.tasks).toHaveLength(1);
  });

  it('that fail are told to onJobError, with the error that crossed and the context of the main thread', async () => {
    const told: unknown[] = [];
    await start(
      {},
      { onJobError: (job, error, { final }) => void told.push([job.id, job.payload, error, final]) },
    );
    const id = await enqueue();
    const { done } = await threads.task(1);
    const error = packError(Object.assign(new TypeError('no page'), { page: 1 }));
    threads.send({ kind: 'begun', run: 1 });
    threads.send({ kind: 'ended', run: 1, ending: { kind: 'thrown', error, isReason: false } });
    done();
    await recorder.next('failed');
    expect(told).toEqual([[id, { page: 1 }, expect.any(TypeError), true]]);
    expect(told).toMatchObject([[id, { page: 1 }, { message: 'no page', page: 1 }, true]]);
  });

  it('that have not begun at shutdown are given back at once, those that have after the grace', async () => {
    await start({}, { worker: { shutdownTimeout: '1s', threads: { max: 1 } } });
    await enqueue();
    const { end } = await threads.task(1);
    const closing = warren.close();
    await clock.advance(1_000);
    expect(await recorder.next('interrupted')).toMatchObject({ attempt: 1 });
    expect(end.aborted).toBe(true);
    await clock.advance(10_000);
    await closing;
    expect(threads.isDestroyed).toBe(true);
    expect(threads.heard).toContainEqual({ kind: 'close' });
  });

  it('need a file that starts the application', () => {
    expect(() => make({}, {}, { threadEntry: undefined })).toThrow(
      /Reports\.pdf: isolation: 'thread' needs to know the file .*bootstrapWorker.*threads: \{ entry/,
    );
  });

  it('need nothing in a process that only enqueues', () => {
    expect(() => make({}, { worker: false }, { threadEntry: undefined })).not.toThrow();
  });

  it('run in the main thread of a test', async () => {
    await make({}, {}, {}, { production: false, test: true }).start();
    await enqueue();
    expect(await recorder.next('completed')).toMatchObject({ result: 'in the main thread' });
    expect(threads.tasks).toEqual([]);
  });

  it('run in the main thread of a harness', async () => {
    const harness = await startHarness({
      handlers: [{ type: 'report:pdf', options: { isolation: 'thread' }, run: () => 'here' }],
    });
    await harness.jobs.enqueue('report:pdf');
    expect(await harness.recorder.next('completed')).toMatchObject({ result: 'here' });
    await harness.close();
  });

  describe('with a thread on the other side', () => {
    let inThread: Warren;
    let run: (context: JobContext) => unknown;
    let runInThread: () => Promise<void>;

    /** The real thread's side, on this one. */
    beforeEach(async () => {
      await make().start();
      const side = new ThreadSide(threads.link(), ENTRY.href, () => Promise.resolve());
      const silent = { error() {}, warn() {}, info() {}, debug() {} };
      inThread = new Warren({
        options: {},
        logger: silent,
        thread: side,
        environment: { production: false },
      });
      inThread.register([
        {
          pattern: 'report:pdf',
          place: 'Reports.pdf',
          options: {},
          definition: undefined,
          payload: undefined,
          run: (context) => run(context),
        },
      ]);
      await inThread.start();
      side.ready(() => inThread.close());
      runInThread = async () => {
        const { task, done } = await threads.task(1);
        await side.runJob(task);
        done();
      };
    });

    it('hand over the payload and bring back the result', async () => {
      run = ({ payload, id, type, maxAttempts }) => ({ payload, id, type, maxAttempts });
      const id = await enqueue();
      await runInThread();
      expect(await recorder.next('completed')).toMatchObject({
        result: { payload: { page: 1 }, id, type: 'report:pdf', maxAttempts: 1 },
      });
    });

    it('enqueue through the main thread, whose observers hear of it', async () => {
      run = async () => (await inThread.jobs.enqueue('email:new', 'from the thread')).id;
      const id = await enqueue();
      await runInThread();
      const { result } = await recorder.next('completed', ({ jobId }) => jobId === id);
      const enqueued = await recorder.next('enqueued', ({ jobId }) => jobId === result);
      expect(enqueued).toMatchObject({ type: 'email:new', correlationId: id });
      expect(await recorder.next('completed', ({ jobId }) => jobId === result)).toMatchObject({
        result: 'in the main thread',
      });
    });

    it('take no jobs themselves', () => {
      expect(inThread.consumedQueues()).toEqual([]);
      expect(inThread.status()).toMatchObject({ state: 'connected', consumers: [] });
    });

    it('hear why the main thread could not publish', async () => {
      const refusal = new WarrenError('WARREN_QUEUE_FULL', 'full', { details: { queue: 'email' } });
      run = async () => {
        faults.failPublishes(1, refusal);
        return inThread.jobs
          .enqueue('email:new')
          .catch(({ code, details }: WarrenError) => ({ code, details }));
      };
      await enqueue();
      await runInThread();
      expect(await recorder.next('completed')).toMatchObject({
        result: { code: 'WARREN_QUEUE_FULL', details: { queue: 'email' } },
      });
    });
  });
});
