import 'reflect-metadata';
import { Controller, Injectable, Module, Post, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { JobHandler, JobQueue, JobsModule, fixed } from 'nestjs-warren';
import { JobsTelemetryModule } from 'nestjs-warren-telemetry';
import { RabbitMqApp } from '../support/rabbitmq-app.js';
import { Traces, parentIdOf } from '../support/traces.js';

/** From an HTTP request over RabbitMQ to the last attempt, span by span. */

const rabbit = new RabbitMqApp('tracing');
const traces = new Traces();
let app: INestApplication;

const tracer = trace.getTracer('the application');

@Injectable()
class Mails {
  failures = 2;

  @JobHandler('mail:new', { attempts: 5, backoff: fixed('50ms') })
  async send(): Promise<void> {
    await tracer.startActiveSpan('smtp', async (span) => {
      span.end();
      await Promise.resolve();
    });
    if (this.failures-- > 0) throw new Error('421 try later at smtp://user:secret@host');
  }

  @JobHandler('mail:parent')
  async parent(): Promise<void> {
    await this.jobs.enqueue('mail:new');
  }

  constructor(private readonly jobs: JobQueue) {}
}

@Controller()
class SignupController {
  constructor(private readonly jobs: JobQueue) {}

  /** The span of the request, as an instrumentation of HTTP makes it. */
  @Post('signup')
  signup(): Promise<{ readonly id: string }> {
    return tracer.startActiveSpan('POST /signup', { kind: SpanKind.SERVER }, async (span) => {
      const { id } = await this.jobs.enqueue('mail:new', { to: 'ada@example.com' });
      span.end();
      return { id };
    });
  }
}

beforeAll(async () => {
  rabbit.owns('mail');
  traces.start();
  @Module({
    imports: [
      JobsModule.forRoot({ url: rabbit.url, app: rabbit.app }),
      JobsTelemetryModule.forRoot({ prometheus: false }),
    ],
    controllers: [SignupController],
    providers: [Mails],
  })
  class AppModule {}
  app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
});
afterAll(async () => {
  await app.close();
  await traces.stop();
  await rabbit.dispose();
});
afterEach(() => traces.clear());

function summary(span: ReadableSpan) {
  const { name, kind, status, attributes, links } = span;
  const { 'warren.job.attempt': attempt, 'warren.job.outcome': outcome, 'error.type': error } = attributes;
  return { name, kind, status: status.code, attempt, outcome, error, links: links.length };
}

it('a request, its enqueue, two failed attempts and a success are one trace', async () => {
  const response = await fetch(`${await app.getUrl()}/signup`, { method: 'POST' });
  const { id } = (await response.json()) as { id: string };
  const attempts = await traces.untilNamed('process mail:new', 3);
  const [request] = traces.named('POST /signup');
  const [publish] = traces.named('publish mail:new');

  expect(traces.spans.map(({ name }) => name).sort()).toEqual([
    'POST /signup',
    'process mail:new',
    'process mail:new',
    'process mail:new',
    'publish mail:new',
    'smtp',
    'smtp',
    'smtp',
  ]);
  const traceIds = new Set(traces.spans.map((span) => span.spanContext().traceId));
  expect([...traceIds]).toEqual([request!.spanContext().traceId]);

  expect(parentIdOf(publish!)).toBe(request!.spanContext().spanId);
  expect(summary(publish!)).toEqual({
    name: 'publish mail:new',
    kind: SpanKind.PRODUCER,
    status: SpanStatusCode.UNSET,
    attempt: undefined,
    outcome: undefined,
    error: undefined,
    links: 0,
  });
  const { hostname, port } = new URL(rabbit.url);
  expect(publish!.attributes).toMatchObject({
    'messaging.system': 'rabbitmq',
    'messaging.operation.name': 'publish',
    'messaging.operation.type': 'send',
    'messaging.destination.name': `${rabbit.app}.jobs:mail`,
    'messaging.rabbitmq.destination.routing_key': 'mail',
    'messaging.message.id': id,
    'messaging.message.conversation_id': id,
    'server.address': hostname,
    'server.port': Number(port || 5672),
    'warren.job.type': 'mail:new',
    'warren.queue': 'mail',
  });

  const failed = {
    name: 'process mail:new',
    kind: SpanKind.CONSUMER,
    status: SpanStatusCode.ERROR,
    outcome: 'retried',
    error: 'Error',
    links: 1,
  };
  const completed = { ...failed, status: SpanStatusCode.UNSET, outcome: 'completed', error: undefined };
  expect(attempts.map(summary)).toEqual([
    { ...failed, attempt: 1 },
    { ...failed, attempt: 2 },
    { ...completed, attempt: 3 },
  ]);
  for (const [index, attempt] of attempts.entries()) {
    expect(parentIdOf(attempt)).toBe(publish!.spanContext().spanId);
    expect(attempt.links[0]!.context.spanId).toBe(publish!.spanContext().spanId);
    expect(attempt.attributes).toMatchObject({
      'messaging.operation.type': 'process',
      'messaging.destination.name': `${rabbit.app}.jobs:mail:${rabbit.app}.q.mail`,
      'messaging.message.id': id,
      'messaging.message.retry.count': index,
      'warren.job.max_attempts': 5,
    });
    // What the handler traces stands below its attempt.
    expect(traces.named('smtp').map(parentIdOf)).toContain(attempt.spanContext().spanId);
  }
  const [error] = attempts[0]!.events;
  expect(error).toMatchObject({ name: 'exception', attributes: { 'exception.type': 'Error' } });
  expect(error!.attributes!['exception.message']).toContain('421 try later');
  expect(JSON.stringify(attempts.map(({ events, status }) => [events, status]))).not.toContain('secret');
});

it('a job that waits on purpose begins a trace of its own, linked to its enqueue', async () => {
  const jobs = app.get(JobQueue);
  app.get(Mails).failures = 0;
  await jobs.enqueue('mail:new', {}, { delay: '100ms' });
  const [attempt] = await traces.untilNamed('process mail:new');
  const [publish] = traces.named('publish mail:new');
  expect(parentIdOf(attempt!)).toBeUndefined();
  expect(attempt!.spanContext().traceId).not.toBe(publish!.spanContext().traceId);
  expect(attempt!.links.map(({ context }) => context.spanId)).toEqual([publish!.spanContext().spanId]);
});

it('each job of a batch has a span and a context of its own', async () => {
  const jobs = app.get(JobQueue);
  app.get(Mails).failures = 0;
  await tracer.startActiveSpan('import', async (span) => {
    await jobs.enqueueMany([1, 2, 3].map((number) => ({ job: 'mail:new', payload: { number } })));
    span.end();
  });
  const attempts = await traces.untilNamed('process mail:new', 3);
  const [cause] = traces.named('import');
  const published = traces.named('publish mail:new');
  expect(published.map(parentIdOf)).toEqual(published.map(() => cause!.spanContext().spanId));
  expect(new Set(attempts.map(parentIdOf))).toEqual(
    new Set(published.map((span) => span.spanContext().spanId)),
  );
});

it('a job that a handler enqueues stands below the attempt of that handler', async () => {
  app.get(Mails).failures = 0;
  await app.get(JobQueue).enqueue('mail:parent');
  const [child] = await traces.untilNamed('process mail:new');
  const [parent] = await traces.untilNamed('process mail:parent');
  const [publish] = traces.named('publish mail:new');
  expect(parentIdOf(publish!)).toBe(parent!.spanContext().spanId);
  expect(child!.spanContext().traceId).toBe(parent!.spanContext().traceId);
});
