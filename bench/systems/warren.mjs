/** Warren as an application uses it: a Nest application context, a decorated handler, `JobQueue`, `JobEvents`. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  JobEvents,
  JobHandler,
  JobQueue,
  JobWorker,
  JobsModule,
  MemoryJobStore,
  defineJob,
  fixed,
} from 'nestjs-warren';
import { removeApp, withChannel } from '../../scripts/broker-objects.mjs';

export const QUEUE = 'bench';
const BESIDE = 'beside';
const RETRY_MS = 200;

/**
 * @param plan.store undefined, `memory` or `redis`
 * @param plan.isValidated the handler has a class-validator contract
 * @param plan.hasControl another queue of the application has priorities, and with a store limits over all workers
 * @param plan.types types of jobs, each with a handler of its own
 * @param plan.failures attempts of each job that fail
 */
export async function open(plan) {
  const { role } = plan;
  return role === 'worker' ? worker(plan) : producer(plan);
}

const typeOf = (index) => `${QUEUE}:job-${index}`;

/** What a side does not use is not imported, as it would count as its memory. */
async function storeOf({ store, redisUrl }) {
  if (store === 'memory') return new MemoryJobStore();
  const { RedisJobStore } = await import('nestjs-warren-redis');
  return new RedisJobStore({ url: redisUrl });
}

async function optionsOf({ url, app, store, redisUrl, hasControl }) {
  const limits = store && { maxConcurrent: 5, rateLimit: { max: 100, per: '1s' } };
  return {
    url,
    app,
    ...(store && { store: await storeOf({ store, redisUrl }) }),
    ...(hasControl && { queues: { [BESIDE]: { priorities: 3, ...limits } } }),
  };
}

async function producer(plan) {
  class Producer {}
  Module({ imports: [JobsModule.forRoot({ ...(await optionsOf(plan)), worker: false })] })(Producer);
  const context = await NestFactory.createApplicationContext(Producer, { logger: ['error'] });
  const jobs = context.get(JobQueue);
  return {
    send: (payload, options, type = 0) => jobs.enqueue(typeOf(type), payload, options),
    sendMany: (payloads) => jobs.enqueueMany(payloads.map((payload) => ({ job: typeOf(0), payload }))),
    purge: () => withChannel(plan.url, (channel) => channel.purgeQueue(`${plan.app}.q.${QUEUE}`)),
    remove: () => remove(plan),
    close: () => context.close(),
  };
}

async function remove({ url, app, store, redisUrl }) {
  await removeApp(url, app, [QUEUE, BESIDE, `${BESIDE}@+1`, `${BESIDE}@-1`]);
  if (store !== 'redis') return;
  const { createClient } = await import('redis');
  const client = await createClient({ url: redisUrl }).connect();
  for await (const keys of client.scanIterator({ MATCH: `warren:{${app}}:*`, COUNT: 1_000 })) {
    if (keys.length > 0) await client.unlink(keys);
  }
  client.destroy();
}

async function worker(plan) {
  const { concurrency, isValidated = false, types = 1, failures = 0, hasControl = false } = plan;
  let onJob;
  class Handlers {}
  const providers = [];
  for (let index = 0; index < types; index += 1) {
    const method = `run${index}`;
    Handlers.prototype[method] = function (payload, context) {
      if (context.attempt <= failures)
        throw new Error('An attempt that fails, as this scenario wants it to.');
      return onJob(payload);
    };
    const type = isValidated ? defineJob()(typeOf(index), { payload: await payloadClass() }) : typeOf(index);
    const options = {
      ...(failures > 0 && { attempts: failures + 1, backoff: fixed(RETRY_MS) }),
    };
    const descriptor = Object.getOwnPropertyDescriptor(Handlers.prototype, method);
    JobHandler(type, options)(Handlers.prototype, method, descriptor);
  }
  if (hasControl) {
    Handlers.prototype.beside = () => undefined;
    const descriptor = Object.getOwnPropertyDescriptor(Handlers.prototype, 'beside');
    JobHandler(`${BESIDE}:job`)(Handlers.prototype, 'beside', descriptor);
  }
  providers.push(Handlers);
  class Worker {}
  const settings = { ...(await optionsOf(plan)), worker: { concurrency, autoStart: false } };
  Module({ imports: [JobsModule.forRoot(settings)], providers })(Worker);
  const context = await NestFactory.createApplicationContext(Worker, { logger: ['error'] });
  return {
    async work(jobCalled, onDone) {
      onJob = jobCalled;
      context.get(JobEvents).events$.subscribe((moment) => {
        if (moment.kind === 'completed') onDone();
      });
      await context.get(JobWorker).start();
    },
    close: () => context.close(),
  };
}

async function payloadClass() {
  const { IsOptional, IsString } = await import('class-validator');
  class Payload {}
  IsString()(Payload.prototype, 'text');
  IsOptional()(Payload.prototype, 'sentAt');
  return Payload;
}
