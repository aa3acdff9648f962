/** `@nestjs/microservices` over RabbitMQ: a Nest microservice with an event handler that acks by itself. */
import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule, Ctx, EventPattern, Payload, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { withChannel } from '../../scripts/broker-objects.mjs';

const PATTERN = 'job';
const CLIENT = 'JOBS';

export async function open(plan) {
  return plan.role === 'worker' ? worker(plan) : producer(plan);
}

function optionsOf({ url, app: queue }) {
  return { urls: [url], queue, queueOptions: { durable: true, arguments: { 'x-queue-type': 'quorum' } } };
}

async function producer(plan) {
  class Producer {}
  const options = { ...optionsOf(plan), persistent: true };
  Module({ imports: [ClientsModule.register([{ name: CLIENT, transport: Transport.RMQ, options }])] })(
    Producer,
  );
  const context = await NestFactory.createApplicationContext(Producer, { logger: ['error'] });
  const client = context.get(CLIENT);
  // Declares the queue.
  await client.connect();
  return {
    send: (payload) => firstValueFrom(client.emit(PATTERN, payload)),
    purge: () => withChannel(plan.url, (channel) => channel.purgeQueue(plan.app)),
    remove: () => withChannel(plan.url, (channel) => channel.deleteQueue(plan.app)),
    close: () => context.close(),
  };
}

async function worker(plan) {
  let onJob, onDone;
  class Handlers {
    async run(payload, context) {
      await onJob(payload);
      context.getChannelRef().ack(context.getMessage());
      onDone();
    }
  }
  Payload()(Handlers.prototype, 'run', 0);
  Ctx()(Handlers.prototype, 'run', 1);
  EventPattern(PATTERN)(
    Handlers.prototype,
    'run',
    Object.getOwnPropertyDescriptor(Handlers.prototype, 'run'),
  );
  Controller()(Handlers);
  class Worker {}
  Module({ controllers: [Handlers] })(Worker);
  const app = await NestFactory.createMicroservice(Worker, {
    logger: ['error'],
    transport: Transport.RMQ,
    options: { ...optionsOf(plan), noAck: false, prefetchCount: plan.concurrency },
  });
  return {
    async work(jobCalled, jobDone) {
      [onJob, onDone] = [jobCalled, jobDone];
      await app.listen();
    },
    close: () => app.close(),
  };
}
