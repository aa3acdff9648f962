import 'reflect-metadata';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Injectable } from '@nestjs/common';
import { JobHandler, NonRetryableJobError, defineJob, type JobContext } from 'nestjs-warren';
import { ENDPOINTS } from '../../libs/dashboard/src/openapi/endpoints.js';
import { ApiApp, type Answer } from '../support/api-app.js';
import { RabbitMqApp } from '../support/rabbitmq-app.js';
import { RedisApp } from '../support/redis-app.js';
import { redisUrl } from '../support/services.js';
import { until } from '../support/until.js';

/**
 * Each operation of the HTTP API over RabbitMQ and Redis, on Express and on Fastify. Every answer is held to the schema
 * that openapi.json has for it.
 */

const EmailNew = defineJob()('email:new', { attempts: 1 });
const gates: Array<() => void> = [];

@Injectable()
class Emails {
  @JobHandler(EmailNew)
  send({ fails }: { fails?: boolean }): object {
    if (fails) throw new NonRetryableJobError('no such address');
    return { sent: true, token: 't-1' };
  }

  @JobHandler('email:slow')
  slow(_payload: unknown, { signal }: JobContext): Promise<void> {
    return new Promise((resolve, reject) => {
      gates.push(resolve);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  }
}

describe.each([
  ['Express', () => undefined],
  ['Fastify', () => new FastifyAdapter()],
])('over HTTP on %s', (_name, adapter) => {
  let broker: RabbitMqApp;
  let redis: RedisApp;
  let api: ApiApp;
  const answered = new Set<string>();
  let check: (id: string, answer: Answer) => void;

  beforeAll(async () => {
    broker = new RabbitMqApp('http');
    broker.owns('email');
    redis = new RedisApp();
    api = await ApiApp.start({
      adapter: adapter(),
      api: { definitions: [EmailNew] },
      providers: [Emails],
      jobs: {
        url: broker.url,
        app: broker.app,
        store: redis.make({ url: redisUrl() }),
        worker: { shutdownTimeout: '1s', concurrency: 20 },
      },
    });
    const document = (await api.ask('GET', 'openapi.json')).body as object;
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(document, 'openapi');
    check = (id, { body }) => {
      const { path, method, status } = ENDPOINTS.find((endpoint) => endpoint.id === id)!;
      const key = `/${path.replaceAll(/:(\w+)/g, '{$1}')}`.replaceAll('~', '~0').replaceAll('/', '~1');
      const pointer = `openapi#/paths/${encodeURIComponent(key)}/${method.toLowerCase()}/responses/${status}/content/application~1json/schema`;
      const validate = ajv.compile({ $ref: pointer });
      validate(body);
      expect({ id, errors: validate.errors }).toEqual({ id, errors: null });
      answered.add(id);
    };
  });

  afterAll(async () => {
    for (const open of gates.splice(0)) open();
    await api.close();
    await broker.dispose();
    await redis.dispose();
  });

  /** Asks for an operation; the answer must be a good one, as its schema says. */
  async function use(
    id: string,
    params: Record<string, string> = {},
    body?: unknown,
    query = '',
  ): Promise<Answer> {
    const { method, path, status } = ENDPOINTS.find((endpoint) => endpoint.id === id)!;
    const filled = path.replaceAll(/:(\w+)/g, (_all, name: string) => encodeURIComponent(params[name]!));
    const answer = await api.ask(method, `${filled}${query}`, body);
    expect({ id, status: answer.status, ...(answer.status >= 400 && { body: answer.body }) }).toEqual({
      id,
      status,
    });
    check(id, answer);
    return answer;
  }

  const enqueue = async (payload: object, type = 'email:new', options?: object): Promise<string> =>
    (await use('enqueueJob', {}, { type, payload, ...(options && { options }) })).body.id as string;
  const untilState = (id: string, state: string) =>
    until(async () => (await use('getJob', { id })).body.state === state, `the job is ${state}`);

  it('enqueues a job, waits for its result and shows it without secrets', async () => {
    const accepted = await use(
      'enqueueJob',
      {},
      {
        type: 'email:new',
        payload: { to: 'ada@example.com', password: 'p-1' },
        options: {
          tags: ['order-1'],
          backoff: { kind: 'fixed', delay: '1s' },
          deadline: '2100-01-01T00:00:00Z',
        },
      },
    );
    const { id } = accepted.body;
    expect(accepted.headers.get('location')).toBe(`jobs/${id}`);
    const result = await use('waitForResult', { id }, undefined, '?wait=20s');
    expect(result.body).toEqual({
      id,
      state: 'completed',
      ended: true,
      result: { sent: true, token: '[redacted]' },
    });
    const { body } = await use('getJob', { id });
    expect(body.payload).toEqual({ to: 'ada@example.com', password: '[redacted]' });
    const found = await use('findJobs', {}, undefined, '?tag=order-1&state=completed,failed&type=email:');
    expect(found.body.jobs).toHaveLength(1);
    expect(found.body.jobs[0].payload).toBeUndefined();
    expect((await use('countJobs')).body.queues.email.completed).toBeGreaterThanOrEqual(1);
  });

  it('finds page by page', async () => {
    for (let count = 0; count < 3; count += 1) await enqueue({}, 'email:new', { tags: ['page'] });
    const first = (await use('findJobs', {}, undefined, '?tag=page&limit=2')).body;
    expect(first.jobs).toHaveLength(2);
    const more = `?tag=page&limit=2&cursor=${encodeURIComponent(first.next as string)}`;
    const second = (await use('findJobs', {}, undefined, more)).body;
    expect(second.jobs).toHaveLength(1);
    expect(second.next).toBeUndefined();
  });

  it('says of a job that has not ended that it has not, and how one failed', async () => {
    const waiting = await enqueue({}, 'email:new', { delay: '1h' });
    expect((await use('waitForResult', { id: waiting }, undefined, '?wait=50ms')).body).toEqual({
      id: waiting,
      state: 'scheduled',
      ended: false,
    });
    const failing = await enqueue({ fails: true });
    expect((await use('waitForResult', { id: failing }, undefined, '?wait=20s')).body).toMatchObject({
      state: 'failed',
      ended: true,
      reason: 'terminated',
      error: { message: 'no such address' },
    });
    await use('discardJob', { id: waiting });
    await use('retryJob', { id: failing });
    await untilState(failing, 'failed');
  });

  it('moves, runs now, cancels and discards jobs, and refuses what their state forbids', async () => {
    const id = await enqueue({}, 'email:new', { runAt: '2100-01-01T00:00:00Z' });
    expect((await use('rescheduleJob', { id }, { at: '2h' })).body.state).toBe('scheduled');
    await use('runJobNow', { id });
    await untilState(id, 'completed');
    expect(await api.ask('POST', `jobs/${id}/run-now`)).toMatchObject({
      status: 409,
      body: { code: 'WARREN_JOB_STATE', id, state: 'completed' },
    });
    const slow = await enqueue({}, 'email:slow');
    await untilState(slow, 'active');
    expect((await use('cancelJob', { id: slow }, { reason: 'enough', by: 'ada' })).body.outcome).toBe(
      'cancelling',
    );
    await untilState(slow, 'cancelled');
    expect((await use('cancelJob', { id: slow })).body.outcome).toBe('cancelled');
    expect((await use('getJob', { id: slow })).body.cancellation).toMatchObject({
      reason: 'enough',
      by: 'ada',
    });
    await use('discardJob', { id });
    expect((await api.ask('GET', `jobs/${id}`)).status).toBe(404);
  });

  it('holds a unique key against another job', async () => {
    const unique = { key: 'order-1', onConflict: 'throw' };
    const id = await enqueue({}, 'email:new', { delay: '1h', unique });
    expect(await api.ask('POST', 'jobs', { type: 'email:new', options: { unique } })).toMatchObject({
      status: 409,
      body: { code: 'WARREN_NOT_UNIQUE', id },
    });
    await use('cancelJob', { id });
  });

  it('views, configures, pauses, drains and resumes a queue', async () => {
    const of = { queue: 'email' };
    expect((await use('configureQueue', of, { concurrency: 7 })).body).toEqual({ hold: 'kept' });
    expect((await use('viewQueue', of)).body.settings.concurrency).toMatchObject({
      value: 7,
      origin: 'override',
    });
    await use('resetQueue', of, { key: 'concurrency' });
    expect((await use('viewQueue', of)).body.settings.concurrency.value).toBe(20);
    await use('pauseQueue', of);
    const id = await enqueue({});
    expect((await use('drainQueue', of, { timeout: '20s' })).body).toEqual({ drained: true });
    expect((await use('viewQueue', of)).body.isPaused).toBe(true);
    await use('resumeQueue', of);
    await untilState(id, 'completed');
    expect(await api.ask('PATCH', 'queues/email', { maxLenght: 1 })).toMatchObject({ status: 400 });
    expect(await api.ask('PATCH', 'queues/email', {})).toMatchObject({ status: 400 });
  });

  it('pauses and resumes a type', async () => {
    await use('pauseType', { type: 'email:' });
    expect((await use('pausedTypes')).body).toEqual({ types: ['email:'] });
    await use('resumeType', { type: 'email:' });
    expect((await use('pausedTypes')).body).toEqual({ types: [] });
  });

  it('lists, retries and purges dead letters', async () => {
    const of = { queue: 'email' };
    await use('purgeDeadLetters', of, { all: true });
    const ids = [await enqueue({ fails: true, secret: 's' }), await enqueue({ fails: true })];
    const letters = async () =>
      (await use('listDeadLetters', of)).body.deadLetters as Array<Record<string, unknown>>;
    await until(async () => (await letters()).length === 2, 'both are dead letters');
    const first = (await letters()).find(({ id }) => id === ids[0])!;
    expect(first).toMatchObject({
      type: 'email:new',
      reason: 'terminated',
      error: expect.stringContaining('no such address'),
      payload: { fails: true, secret: '[redacted]' },
    });
    expect((await use('retryDeadLetters', of, { ids: [ids[0]!] })).body).toEqual({ count: 1 });
    await until(async () => (await letters()).length === 2, 'it has failed again');
    expect((await use('purgeDeadLetters', of, { all: true })).body).toEqual({ count: 2 });
    expect(await letters()).toEqual([]);
  });

  it('puts, lists, triggers, pauses and removes schedules', async () => {
    const of = { name: 'nightly' };
    const put = await use('putSchedule', of, {
      job: 'email:new',
      cron: '0 3 * * *',
      tz: 'Europe/Paris',
      endAt: '2100-01-01T00:00:00Z',
      payload: { token: 't' },
    });
    expect(put.body).toMatchObject({
      cron: '0 3 * * *',
      payload: { token: '[redacted]' },
      origin: 'runtime',
    });
    expect((await use('listSchedules')).body.schedules).toHaveLength(1);
    expect((await use('nextOccurrences', of, undefined, '?count=3')).body.occurrences).toHaveLength(3);
    const triggered = await use('triggerSchedule', of);
    expect(triggered.headers.get('location')).toBe(`../../jobs/${triggered.body.id}`);
    await untilState(triggered.body.id as string, 'completed');
    expect((await use('pauseSchedule', of)).body.pausedAt).toBeDefined();
    expect((await use('resumeSchedule', of)).body.pausedAt).toBeUndefined();
    expect((await use('getSchedule', of)).body.name).toBe('nightly');
    await use('removeSchedule', of);
    expect((await api.ask('DELETE', 'schedules/nightly')).status).toBe(404);
    const { body } = await api.ask('PUT', 'schedules/bad', { job: 'email:new', cron: '61 * * * *' });
    expect(body).toMatchObject({ status: 400, code: 'WARREN_CONFIGURATION' });
  });

  it('lists the workers, quiets and wakes one, and checks the broker', async () => {
    const { workers } = (await use('listWorkers')).body;
    expect(workers).toHaveLength(1);
    const of = { worker: workers[0].id as string };
    expect((await use('quietWorker', of)).body).toEqual({ told: 'done' });
    expect((await use('listWorkers')).body.workers[0].isQuiet).toBe(true);
    expect((await use('wakeWorker', of)).body).toEqual({ told: 'done' });
    expect((await use('checkTopology')).body.findings.length).toBeGreaterThan(0);
  });

  it('answers bodies that are none, and problems, the same way', async () => {
    expect((await api.ask('POST', 'jobs', '{"type":')).status).toBe(400);
    const refused = await api.ask('POST', 'jobs', { type: 'email:new', more: 1 });
    expect(refused.status).toBe(400);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
  });

  it('has been asked for every operation but those of remote workers', () => {
    const all = ENDPOINTS.filter(({ action }) => action !== 'work').map(({ id }) => id);
    expect(all.filter((id) => !answered.has(id))).toEqual([]);
    // And its answers were looked at.
    expect(() => check('getJob', { status: 200, headers: new Headers(), body: { id: 1 } })).toThrow();
  });
});
