import { hostname } from 'node:os';
import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobEvents, JobQueue, JobsModule, OnJobEvent, type ClusterMoment } from 'nestjs-warren';
import { buildLibraries } from '../support/build.js';
import { RunningProgram } from '../support/processes.js';
import { RabbitMqApp } from '../support/rabbitmq-app.js';
import { until } from '../support/until.js';

/** What happens in a worker process of its own is heard in an application that takes no jobs. */

@Injectable()
class Heard {
  readonly moments: ClusterMoment[] = [];
  readonly others: unknown[] = [];

  @OnJobEvent('completed', { from: 'cluster', type: 'slow:*' })
  completed(moment: ClusterMoment): void {
    this.moments.push(moment);
  }

  @OnJobEvent('completed', { type: 'slow:*' })
  here(moment: unknown): void {
    this.others.push(moment);
  }
}

const rabbit = new RabbitMqApp('events-nest');
let worker: RunningProgram;
let api: INestApplicationContext;

beforeAll(async () => {
  buildLibraries();
  rabbit.owns('slow');
  worker = new RunningProgram('node', ['test/fixtures/worker.mjs'], {
    env: { RABBITMQ_URL: rabbit.url, TEST_APP: rabbit.app, NODE_ENV: 'development' },
  });
  @Module({
    imports: [JobsModule.forRoot({ url: rabbit.url, app: rabbit.app, worker: false })],
    providers: [Heard],
  })
  class ApiModule {}
  api = await NestFactory.createApplicationContext(ApiModule, { logger: false });
  await until(() => worker.stdout.includes('"ready"'), 'the worker is ready');
}, 120_000);
afterAll(async () => {
  worker.killTree();
  await worker.result;
  await api.close();
  await rabbit.dispose();
});

it('by @OnJobEvent with from: cluster, and by JobEvents.cluster$, and not as events of this process', async () => {
  const heard = api.get(Heard);
  const streamed: ClusterMoment[] = [];
  const subscription = api.get(JobEvents).cluster$.subscribe((moment) => void streamed.push(moment));
  const kindsOf = (id: string) => streamed.filter(({ jobId }) => jobId === id).map(({ kind }) => kind);
  let done = '';
  // They are good to hear and safe to miss: the worker may not know yet that somebody listens.
  await until(async () => {
    ({ id: done } = await api.get(JobQueue).enqueue('slow:job', { number: 1, ms: 1 }));
    const isHeard = () => kindsOf(done).length === 3 && heard.moments.some(({ jobId }) => jobId === done);
    await until(isHeard, 'it is heard', 1_000).catch(() => undefined);
    return isHeard();
  }, 'the events of a job are heard');
  subscription.unsubscribe();
  const here = `${hostname()}:${process.pid}`;
  const inWorker = `${hostname()}:${worker.pid}`;
  const from = (name: string) =>
    streamed.filter((moment) => moment.jobId === done && moment.process === name);
  expect(from(here).map(({ kind }) => kind)).toEqual(['enqueued']);
  expect(from(inWorker).map(({ kind }) => kind)).toEqual(['started', 'completed']);
  expect(heard.moments.at(-1)).toMatchObject({ jobId: done, type: 'slow:job', process: inWorker });
  expect(heard.others).toEqual([]);
}, 60_000);
