/** Warren as an application uses it: a Nest application context, a decorated handler, `JobQueue`. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobEvents, JobHandler, JobQueue, JobWorker, JobsModule } from 'nestjs-warren';
import { RedisJobStore } from 'nestjs-warren-redis';
import { createClient } from 'redis';
import { removeApp } from '../../scripts/broker-objects.mjs';

const JOB_TYPE = 'bench:job';

/** Jobs are remembered where `redisUrl` says; without one, nowhere. */
export async function openWarren(url, app, redisUrl) {
  const jobs = () => ({ url, app, ...(redisUrl && { store: new RedisJobStore({ url: redisUrl }) }) });
  return {
    ...(await openProducer(jobs(), redisUrl)),

    async process(count, concurrency, handler) {
      const worker = await openWorker(jobs(), concurrency, handler);
      let done = 0;
      const finished = new Promise((resolve) => {
        worker.get(JobEvents).events$.subscribe((moment) => {
          if (moment.kind === 'completed' && ++done === count) resolve();
        });
      });
      await worker.get(JobWorker).start();
      await finished;
      return () => worker.close();
    },
  };
}

async function openProducer(options, redisUrl) {
  class Producer {}
  Module({ imports: [JobsModule.forRoot({ ...options, worker: false })] })(Producer);
  const context = await NestFactory.createApplicationContext(Producer, { logger: ['error'] });
  const jobs = context.get(JobQueue);
  return {
    enqueue: (payload, options) => jobs.enqueue(JOB_TYPE, payload, options),
    async close() {
      await context.close();
      await removeApp(options.url, options.app, ['bench']);
      if (redisUrl) await forget(redisUrl, options.app);
    },
  };
}

async function forget(redisUrl, app) {
  const client = await createClient({ url: redisUrl }).connect();
  for await (const keys of client.scanIterator({ MATCH: `warren:{${app}}:*`, COUNT: 1_000 })) {
    if (keys.length > 0) await client.unlink(keys);
  }
  client.destroy();
}

async function openWorker(options, concurrency, handler) {
  class Handlers {
    run(payload, context) {
      return handler(payload, context);
    }
  }
  JobHandler(JOB_TYPE)(Handlers.prototype, 'run', Object.getOwnPropertyDescriptor(Handlers.prototype, 'run'));
  class Worker {}
  Module({
    imports: [
      JobsModule.forRoot({
        ...options,
        worker: { concurrency, autoStart: false },
        // Each round has an application and a handler class of its own.
        unprovidedHandlers: 'ignore',
      }),
    ],
    providers: [Handlers],
  })(Worker);
  return NestFactory.createApplicationContext(Worker, { logger: ['error'] });
}
