/** Warren as an application uses it: a Nest application context, a decorated handler, `JobQueue`. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobEvents, JobHandler, JobQueue, JobWorker, JobsModule } from 'nestjs-warren';
import { removeApp } from '../../scripts/broker-objects.mjs';

const JOB_TYPE = 'bench:job';

export async function openWarren(url, app) {
  return {
    name: 'warren',
    ...(await openProducer(url, app)),

    async process(count, concurrency, handler) {
      const worker = await openWorker(url, app, concurrency, handler);
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

async function openProducer(url, app) {
  class Producer {}
  Module({ imports: [JobsModule.forRoot({ url, app, worker: false })] })(Producer);
  const context = await NestFactory.createApplicationContext(Producer, { logger: ['error'] });
  const jobs = context.get(JobQueue);
  return {
    enqueue: (payload, options) => jobs.enqueue(JOB_TYPE, payload, options),
    async close() {
      await context.close();
      await removeApp(url, app, ['bench']);
    },
  };
}

async function openWorker(url, app, concurrency, handler) {
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
        url,
        app,
        worker: { concurrency, autoStart: false },
        // Each round has an application and a handler class of its own.
        unprovidedHandlers: 'ignore',
      }),
    ],
    providers: [Handlers],
  })(Worker);
  return NestFactory.createApplicationContext(Worker, { logger: ['error'] });
}
