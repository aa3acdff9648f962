/** BullMQ through `@nestjs/bullmq`: a registered queue, a decorated processor, its event of completed jobs. */
import 'reflect-metadata';
import { BullModule, OnWorkerEvent, Processor, WorkerHost, getQueueToken } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const QUEUE = 'bench';
const JOB = 'job';

/** @param plan.isSynced over the Redis that answers a write when it is on the disk */
export async function open(plan) {
  return plan.role === 'worker' ? worker(plan) : producer(plan);
}

async function contextOf({ app: prefix, isSynced, redisUrl, syncedRedisUrl }, providers) {
  class Jobs {}
  const connection = { url: isSynced ? syncedRedisUrl : redisUrl };
  // Like the others, it remembers nothing of a completed job.
  const defaultJobOptions = { removeOnComplete: true };
  Module({
    imports: [
      BullModule.forRoot({ connection, prefix, defaultJobOptions }),
      BullModule.registerQueue({ name: QUEUE }),
    ],
    providers,
  })(Jobs);
  return NestFactory.createApplicationContext(Jobs, { logger: ['error'] });
}

async function producer(plan) {
  const context = await contextOf(plan, []);
  const queue = context.get(getQueueToken(QUEUE));
  const obliterate = () => queue.obliterate({ force: true });
  return {
    send: (payload) => queue.add(JOB, payload),
    purge: obliterate,
    remove: obliterate,
    close: () => context.close(),
  };
}

async function worker(plan) {
  let onJob, onDone;
  class Handlers extends WorkerHost {
    process({ data }) {
      return onJob(data);
    }
    done() {
      onDone();
    }
  }
  Processor(QUEUE, { concurrency: plan.concurrency, autorun: false })(Handlers);
  OnWorkerEvent('completed')(
    Handlers.prototype,
    'done',
    Object.getOwnPropertyDescriptor(Handlers.prototype, 'done'),
  );
  const context = await contextOf(plan, [Handlers]);
  const { worker: runner } = context.get(Handlers);
  return {
    async work(jobCalled, jobDone) {
      [onJob, onDone] = [jobCalled, jobDone];
      await runner.waitUntilReady();
      // Lasts until the worker is closed.
      runner.run().catch((error) => console.error(error));
    },
    close: () => context.close(),
  };
}
