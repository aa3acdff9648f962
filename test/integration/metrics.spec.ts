import 'reflect-metadata';
import { Injectable, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import { JobHandler, JobQueue, JobsModule, Scheduled, SnoozeJobError, fixed } from 'nestjs-warren';
import { RedisJobStore } from 'nestjs-warren-redis';
import { JobsTelemetry, JobsTelemetryModule } from 'nestjs-warren-telemetry';
import { BUILD_INFO, METRICS, type Metric } from '../../libs/telemetry/src/names.js';
import { promtool, samplesOf, type Scraped } from '../support/prometheus.js';
import { RabbitMqApp } from '../support/rabbitmq-app.js';
import { RedisApp } from '../support/redis-app.js';
import { redisUrl } from '../support/services.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/** Metrics and probes of processes over RabbitMQ and Redis, as Prometheus reads them. */

@Injectable()
class Works {
  private snoozed = false;

  @JobHandler('work:done')
  done(): void {}

  @JobHandler('work:broken', { attempts: 2, backoff: fixed('20ms') })
  broken(): void {
    throw new Error('always');
  }

  @JobHandler('work:snoozes')
  snoozes(): void {
    if (this.snoozed) return;
    this.snoozed = true;
    throw new SnoozeJobError('20ms');
  }

  release: (() => void) | undefined;

  @JobHandler('work:held')
  held(): Promise<void> {
    return new Promise((resolve) => (this.release = resolve));
  }

  @Scheduled({ name: 'tick', every: '1s' })
  @JobHandler('work:tick')
  tick(): void {}
}

const redis = new RedisApp();
const rabbit = new RabbitMqApp('metrics', redis.app);
const running: INestApplicationContext[] = [];
const options = () => ({ url: rabbit.url, app: rabbit.app, store: new RedisJobStore({ url: redisUrl() }) });

async function boot(role: 'worker' | 'api', url = rabbit.url): Promise<INestApplicationContext> {
  @Module({
    imports: [
      JobsModule.forRoot({
        ...options(),
        url,
        ...(role === 'api' && { worker: false }),
        queues: { work: {} },
      }),
      JobsTelemetryModule.forRoot({
        prometheus: { registry: new Registry() },
        cluster: { cacheFor: 0 },
        server: { port: 0 },
      }),
    ],
    providers: role === 'worker' ? [Works as Type] : [],
  })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  running.push(app);
  return app;
}

const urlOf = (app: INestApplicationContext, path: string) => `${app.get(JobsTelemetry).serverUrl}${path}`;
const text = async (app: INestApplicationContext) => (await fetch(urlOf(app, '/metrics'))).text();

async function valueOf(app: INestApplicationContext, name: string, labels: Scraped['labels'] = {}) {
  const found = samplesOf(await text(app)).filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  expect(found.length).toBeLessThan(2);
  return found[0]?.value;
}

let worker: INestApplicationContext;
let api: INestApplicationContext;

beforeAll(async () => {
  rabbit.owns('work');
  worker = await boot('worker');
});
afterAll(async () => {
  await Promise.all(running.map((app) => app.close()));
  await rabbit.dispose();
  await redis.dispose();
});

it('of a worker tell what became of its jobs, and pass the check of promtool', async () => {
  const jobs = worker.get(JobQueue);
  await Promise.all([
    ...[1, 2, 3].map(() => jobs.enqueue('work:done')),
    jobs.enqueue('work:broken'),
    jobs.enqueue('work:snoozes'),
    jobs.enqueue('work:done', {}, { delay: '1h' }),
  ]);
  const attempts = (type: string, outcome: string) =>
    valueOf(worker, 'warren_job_attempts_total', { queue: 'work', job_type: type, outcome });
  await until(async () => (await attempts('work:broken', 'failed')) === 1, 'the broken job has failed');
  await until(
    async () => (await attempts('work:snoozes', 'completed')) === 1,
    'the one that snoozed is done',
  );
  await until(async () => (await attempts('work:done', 'completed')) === 3, 'all are done');
  await until(
    async () => ((await valueOf(worker, 'warren_schedule_runs_total', { schedule: 'tick' })) ?? 0) > 0,
    'the schedule has fired',
  );
  expect(await attempts('work:broken', 'retried')).toBe(1);
  expect(await attempts('work:snoozes', 'snoozed')).toBe(1);
  const of = (name: string, labels: Scraped['labels'] = {}) => valueOf(worker, name, labels);
  expect(await of('warren_jobs_enqueued_total', { job_type: 'work:done' })).toBe(4);
  expect(await of('warren_jobs_finished_total', { job_type: 'work:done', state: 'completed' })).toBe(3);
  expect(await of('warren_jobs_finished_total', { job_type: 'work:broken', state: 'failed' })).toBe(1);
  expect(await of('warren_job_duration_seconds_count', { job_type: 'work:broken', outcome: 'failed' })).toBe(
    1,
  );
  expect(await of('warren_job_end_to_end_seconds_count', { job_type: 'work:done' })).toBe(3);
  expect(await of('warren_queue_depth', { queue: 'work', state: 'dead' })).toBe(1);
  expect(await of('warren_queue_depth', { queue: 'work', state: 'scheduled' })).toBe(1);
  expect(await of('warren_queue_consumers', { queue: 'work' })).toBe(1);
  expect(await of('warren_queue_paused', { queue: 'work' })).toBe(0);
  expect(await of('warren_worker_concurrency', { queue: 'work' })).toBeGreaterThan(0);
  expect(await of('warren_broker_up')).toBe(1);
  expect(await of('warren_store_up')).toBe(1);
  expect(await of('warren_store_conflicts_total')).toBe(0);
  for (const op of ['enqueue', 'claim', 'finish']) {
    expect(await of('warren_store_operation_seconds_count', { op })).toBeGreaterThan(0);
  }
  expect(await of('warren_scheduler_leader')).toBe(1);
  expect(await of('warren_schedules', { state: 'active' })).toBe(1);

  expect(await promtool(['check', 'metrics'], await text(worker))).toEqual({ code: 0, said: '' });
}, 60_000);

it('count the connections that were made anew', async () => {
  const proxy = await TcpProxy.start(rabbit.url);
  const cut = await boot('api', proxy.url);
  try {
    expect(await valueOf(cut, 'warren_broker_reconnects_total')).toBe(0);
    proxy.cut();
    await until(
      async () => (await valueOf(cut, 'warren_broker_reconnects_total')) === 2,
      'both connections are back',
    );
    expect(await valueOf(cut, 'warren_broker_up')).toBe(1);
  } finally {
    running.splice(running.indexOf(cut), 1);
    await cut.close();
    await proxy.refuse();
  }
}, 60_000);

it('are those of names.ts, with their labels, and no others', async () => {
  const scraped = await text(worker);
  const types = new Map(
    [...scraped.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]),
  );
  const declared = Object.values<Metric>(METRICS).filter(({ name }) => name !== undefined);
  expect(Object.fromEntries(types)).toEqual({
    ...Object.fromEntries(declared.map(({ name, kind }) => [name, kind])),
    [BUILD_INFO.name]: 'gauge',
  });
  const labelsOf = new Map(declared.map(({ name, labels }) => [name!, ['connection', ...labels].sort()]));
  for (const { name, labels } of samplesOf(scraped)) {
    const base = name.replace(/_(bucket|sum|count)$/, '');
    const given = Object.keys(labels).filter((label) => label !== 'le');
    const wanted = labelsOf.get(name) ?? labelsOf.get(base);
    expect([name, given.sort()]).toEqual([name, wanted ?? (name === BUILD_INFO.name ? ['version'] : [])]);
  }
});

it('of the whole application are told by one process, and by another when that one has gone', async () => {
  api = await boot('api');
  const depth = (app: INestApplicationContext) =>
    valueOf(app, 'warren_queue_depth', { queue: 'work', state: 'dead' });
  // The one that was there first goes on.
  expect(await valueOf(worker, 'warren_cluster_reporter')).toBe(1);
  expect(await valueOf(api, 'warren_cluster_reporter')).toBe(0);
  expect(await depth(api)).toBeUndefined();
  expect(await depth(worker)).toBe(1);

  // Held back, jobs of the queue grow old.
  await worker.get(JobQueue).queues.pause('work');
  const { id } = await api.get(JobQueue).enqueue('work:done');
  await until(async () => (await depth(worker)) === 1, 'it is still asked');
  expect(await valueOf(worker, 'warren_queue_paused', { queue: 'work' })).toBe(1);
  await until(
    async () => ((await valueOf(worker, 'warren_queue_oldest_age_seconds', { queue: 'work' })) ?? 0) > 1,
    `job ${id} has waited for a second`,
  );

  await worker.close();
  expect(await valueOf(api, 'warren_cluster_reporter')).toBe(1);
  expect(await depth(api)).toBe(1);
  expect(await valueOf(api, 'warren_queue_oldest_age_seconds', { queue: 'work' })).toBeGreaterThan(1);
  expect(await valueOf(api, 'warren_queue_consumers', { queue: 'work' })).toBe(0);
  await api.get(JobQueue).queues.resume('work');
});

it('the probes tell of boot, broker and drain', async () => {
  const status = async (app: INestApplicationContext, path: string) => (await fetch(urlOf(app, path))).status;
  const again = await boot('worker');
  expect(await status(again, '/live')).toBe(200);
  expect(await status(again, '/started')).toBe(200);
  expect(await status(again, '/ready')).toBe(200);
  await again.get(JobQueue).enqueue('work:held');
  await until(() => again.get(Works).release !== undefined, 'a job runs');
  const url = urlOf(again, '/ready');
  const closing = again.close();
  await until(async () => (await fetch(url)).status === 503, 'it is not ready while it drains');
  expect((await fetch(url.replace('ready', 'live'))).status).toBe(200);
  again.get(Works).release?.();
  await closing;
  await expect(fetch(url)).rejects.toThrow();
});
