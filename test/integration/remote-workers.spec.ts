import 'reflect-metadata';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobQueue, JobWorker, fixed } from 'nestjs-warren';
import { ApiApp } from '../support/api-app.js';
import { codeBlock } from '../support/markdown.js';
import { RunningProgram, kill } from '../support/processes.js';
import { RabbitMqApp } from '../support/rabbitmq-app.js';
import { RedisApp } from '../support/redis-app.js';
import { redisUrl } from '../support/services.js';
import { until } from '../support/until.js';

/** Workers that have only HTTP, over RabbitMQ and Redis; that of the documentation among them. */

interface Leased {
  readonly lease: string;
  readonly id: string;
  readonly payload: unknown;
  readonly attempt: number;
  readonly redelivered: boolean;
  readonly correlationId: string;
}

let broker: RabbitMqApp;
let redis: RedisApp;
let api: ApiApp;
let jobs: JobQueue;
const started: ApiApp[] = [];
const programs: RunningProgram[] = [];

// One application for all: each test leaves its queue empty.
beforeAll(async () => {
  broker = new RabbitMqApp('remote');
  broker.owns('py');
  redis = new RedisApp();
  api = await start();
  jobs = api.get(JobQueue);
});

afterEach(async () => {
  for (const program of programs.splice(0)) {
    program.killTree();
    await program.result;
  }
});

afterAll(async () => {
  for (const app of started.splice(0)) await app.close();
  await broker.dispose();
  await redis.dispose();
});

async function start(): Promise<ApiApp> {
  const app = await ApiApp.start({
    api: { remoteTypes: [{ type: 'py:*', attempts: 3, backoff: fixed('50ms') }] },
    jobs: {
      url: broker.url,
      app: broker.app,
      store: redis.make({ url: redisUrl() }),
      worker: { shutdownTimeout: '1s' },
    },
  });
  started.push(app);
  return app;
}

async function receive(body: object = {}, from = api): Promise<Leased[]> {
  const answer = await from.ask('POST', 'work/receive', { wait: '10s', ...body });
  expect(answer.status).toBe(200);
  return (answer.body as { jobs: Leased[] }).jobs;
}

async function receiveOne(body?: object, from?: ApiApp): Promise<Leased> {
  const [job] = await receive(body, from);
  if (!job) throw new Error('No job came.');
  return job;
}

const say = (lease: string, word: string, body: object = {}, to = api) =>
  to.ask('POST', `work/${lease}/${word}`, body);

describe('a remote worker', () => {
  it('takes a job, reports progress and ends it with a result', async () => {
    const { id } = await jobs.enqueue(
      'py:resize',
      { file: 'a', password: 'p' },
      { correlationId: 'order-1' },
    );
    const job = await receiveOne();
    expect(job).toMatchObject({
      id,
      payload: { file: 'a', password: 'p' },
      attempt: 1,
      redelivered: false,
      correlationId: 'order-1',
    });
    expect((await jobs.get(id))!.state).toBe('active');
    expect((await say(job.lease, 'heartbeat', { progress: { done: 1 } })).status).toBe(200);
    expect(await say(job.lease, 'ack', { result: { file: 'b' } })).toMatchObject({
      status: 200,
      body: { id, outcome: 'completed' },
    });
    expect(await jobs.get(id)).toMatchObject({
      state: 'completed',
      result: { file: 'b' },
      progress: { done: 1 },
      attempt: 1,
    });
  });

  it('may ask again when the answer to its ack got lost, and cannot say something else then', async () => {
    await jobs.enqueue('py:resize');
    const { lease } = await receiveOne();
    const [first, again] = await Promise.all([say(lease, 'ack'), say(lease, 'ack')]);
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect((await say(lease, 'ack')).body).toEqual(first.body);
    expect(await say(lease, 'fail', { error: { message: 'no' } })).toMatchObject({
      status: 409,
      body: { code: 'WARREN_LEASE_ENDED' },
    });
  });

  it('fails attempts, which are retried with its error until there are none left', async () => {
    const { id } = await jobs.enqueue('py:resize');
    for (const attempt of [1, 2, 3]) {
      const job = await receiveOne();
      expect(job).toMatchObject({ id, attempt });
      const said = await say(job.lease, 'fail', { error: { name: 'ValueError', message: `no ${attempt}` } });
      expect(said.body.outcome).toBe(attempt < 3 ? 'retrying' : 'failed');
    }
    expect(await jobs.get(id)).toMatchObject({
      state: 'failed',
      reason: 'exhausted',
      error: { name: 'ValueError', message: 'no 3' },
    });
    expect((await jobs.deadLetters('py').list()).map((letter) => letter.id)).toEqual([id]);
  });

  it('fails a job for good, or gives it back without an attempt spent', async () => {
    const { id } = await jobs.enqueue('py:resize');
    const first = await receiveOne();
    expect((await say(first.lease, 'release', { delay: '10ms' })).body).toEqual({ id, outcome: 'released' });
    const second = await receiveOne();
    expect(second).toMatchObject({ id, attempt: 1 });
    const error = { message: 'never' };
    expect((await say(second.lease, 'fail', { error, retry: false })).body.outcome).toBe('failed');
    expect(await jobs.get(id)).toMatchObject({ state: 'failed', reason: 'terminated' });
  });

  it('sends jobs on behalf of the one that it runs', async () => {
    await jobs.enqueue('py:resize', 1, { correlationId: 'order-1' });
    const { lease } = await receiveOne();
    const sent = await api.ask('POST', 'work/send', { type: 'py:next', payload: 2, lease });
    expect(sent.status).toBe(202);
    const next = await receiveOne();
    expect(next).toMatchObject({ id: sent.body.id, payload: 2, correlationId: 'order-1' });
    await say(lease, 'ack');
    await say(next.lease, 'ack');
  });

  it('takes many at once, and no more than it asks for', async () => {
    await jobs.enqueueMany(Array.from({ length: 8 }, (_, payload) => ({ job: 'py:resize', payload })));
    const taken: Leased[] = [];
    while (taken.length < 5) taken.push(...(await receive({ max: 5 - taken.length })));
    expect(api.get(JobWorker).running).toBe(5);
    await until(async () => (await jobs.queues.view('py')).ready === 3, 'the others wait');
    await Promise.all(taken.map(({ lease }) => say(lease, 'ack')));
    const rest = [...(await receive({ max: 10 })), ...(await receive({ max: 10, wait: '1s' }))];
    await Promise.all(rest.map(({ lease }) => say(lease, 'ack')));
    expect([...taken, ...rest].map(({ payload }) => payload).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('gets nothing when nothing comes, and then nothing is taken from the queue', async () => {
    expect(await receive({ wait: '100ms' })).toEqual([]);
    const { id } = await jobs.enqueue('py:resize');
    await until(async () => (await jobs.queues.view('py')).ready === 1, 'the job waits in its queue');
    expect((await jobs.get(id))!.state).toBe('queued');
    await say((await receiveOne()).lease, 'ack');
  });

  it('is told with its next heartbeat that the job was cancelled', async () => {
    const { id } = await jobs.enqueue('py:resize');
    const { lease } = await receiveOne();
    expect(await jobs.cancel(id, 'not wanted')).toBe('cancelling');
    await until(async () => (await say(lease, 'heartbeat')).status === 409, 'the heartbeat is refused');
    expect((await say(lease, 'ack')).body.detail).toContain('not wanted');
    await until(async () => (await jobs.get(id))!.state === 'cancelled', 'the job is cancelled');
  });

  it('that goes away while it waits takes no job with it', async () => {
    const leaving = new AbortController();
    const waiting = fetch(`${api.url}/work/receive`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"wait":"30s"}',
      signal: leaving.signal,
    });
    await until(async () => (await jobs.queues.view('py')).consumers === 1, 'the queue is consumed');
    leaving.abort();
    await expect(waiting).rejects.toThrow();
    await until(async () => (await jobs.queues.view('py')).consumers === 0, 'it is consumed no more');
    await jobs.enqueue('py:resize');
    const job = await receiveOne();
    expect(job.attempt).toBe(1);
    await say(job.lease, 'ack');
  });
});

describe('a lease', () => {
  it('that ends gives the job to somebody else, and refuses the first', async () => {
    const { id } = await jobs.enqueue('py:resize');
    const silent = await receiveOne({ lease: '1s' });
    const next = await receiveOne();
    expect(next).toMatchObject({ id, attempt: 2 });
    expect(await say(silent.lease, 'ack', { result: 'late' })).toMatchObject({
      status: 409,
      body: { code: 'WARREN_LEASE_ENDED', id },
    });
    await say(next.lease, 'ack', { result: 'mine' });
    expect(await jobs.get(id)).toMatchObject({
      state: 'completed',
      result: 'mine',
      attempts: [{ outcome: 'retry', error: { name: 'LeaseEndedError' } }, { outcome: 'completed' }],
    });
  });

  it('is held by heartbeats for as long as they come', async () => {
    const { id } = await jobs.enqueue('py:resize');
    const { lease } = await receiveOne({ lease: '3s' });
    const startedAt = Date.now();
    await until(async () => {
      expect((await say(lease, 'heartbeat', { lease: '20s' })).status).toBe(200);
      return Date.now() - startedAt > 3_500;
    }, 'its first time is over');
    expect((await say(lease, 'ack')).body).toEqual({ id, outcome: 'completed' });
    expect((await jobs.get(id))!.attempts).toHaveLength(1);
  });

  it('of another process is unknown, and the message says why', async () => {
    const other = await start();
    await jobs.enqueue('py:resize');
    const { lease } = await receiveOne();
    const { status, body } = await say(lease, 'ack', {}, other);
    expect([status, body.code]).toEqual([404, 'WARREN_LEASE_NOT_FOUND']);
    expect(body.detail).toContain('Another process gave it');
    await say(lease, 'ack');
  });
});

describe('a process that shuts down', () => {
  it('answers those who wait, and leaves jobs to others', async () => {
    const other = await start();
    const waiting = receive({ wait: '60s' }, other);
    await until(async () => (await jobs.queues.view('py')).consumers === 1, 'the queue is consumed');
    const closing = other.app.close();
    expect(await waiting).toEqual([]);
    await closing;
    const { id } = await jobs.enqueue('py:resize');
    const job = await receiveOne();
    expect(job.id).toBe(id);
    await say(job.lease, 'ack');
  });
});

/** Runs until there is a file of this path. */
const HELD = `
def held(path):
    import time
    while not os.path.exists(path):
        time.sleep(0.05)
`;

describe('the worker of docs/how-to/remote-workers.md', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warren-remote-'));
    file = join(folder, 'worker.py');
    const code = codeBlock('docs/how-to/remote-workers.md', 'worker.py');
    const handlers = 'HANDLERS = {';
    expect(code).toContain(handlers);
    await writeFile(file, code.replace(handlers, `${HELD}\n${handlers}\n    "py:held": held,`));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Under load a heartbeat is late by a second and more. */
  function python(leaseSeconds = 10): RunningProgram {
    const env = { API: api.url, LEASE_SECONDS: String(leaseSeconds) };
    const program = new RunningProgram('python3', ['-u', file], { env });
    programs.push(program);
    return program;
  }

  it('runs jobs, and tells the errors of those that it cannot run', async () => {
    const worker = python();
    const done = await jobs.enqueue('py:resize', { file: 'cat' });
    expect(await done.result({ timeout: '20s' })).toEqual({ file: 'cat-small' });
    const unknown = await jobs.enqueue('py:unknown');
    await expect(unknown.result({ timeout: '20s' })).rejects.toThrow(/exhausted.*KeyError/);
    expect(worker.stdout).toContain('completed');
  });

  it('holds a job for longer than its lease, and when it is killed another one gets it', async () => {
    const first = python(4);
    const mayEnd = join(folder, 'may-end');
    const { id } = await jobs.enqueue('py:held', mayEnd);
    await until(() => first.stdout.includes(id), 'the first has the job');
    const killedAfter = Date.now() + 5_000;
    await until(() => Date.now() > killedAfter, 'its first lease is over');
    expect(await jobs.get(id)).toMatchObject({ state: 'active', attempt: 1 });
    kill(first.pid, 'SIGKILL');
    const second = python();
    await until(() => second.stdout.includes(`${id} attempt 2`), 'the second has it');
    await writeFile(mayEnd, '');
    await until(async () => (await jobs.get(id))!.state === 'completed', 'it is done');
    expect((await jobs.get(id))!.attempts).toMatchObject([
      { outcome: 'retry', error: { name: 'LeaseEndedError' } },
      { outcome: 'completed' },
    ]);
  });
});
