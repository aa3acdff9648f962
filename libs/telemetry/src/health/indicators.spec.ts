import 'reflect-metadata';
import { jest } from '@jest/globals';
import { Controller, Get, Injectable, Module, type INestApplication } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { JobHandler, JobQueue, JobsModule, MemoryJobStore, getJobConnectionToken } from 'nestjs-warren';
import { silentLogger } from 'nestjs-warren/ports';
import type { Warren } from 'nestjs-warren/standalone';
import { until } from 'nestjs-warren/testing';
import { JobsHealthIndicator, JobsHealthModule } from '../health.js';

/** Over the memory broker; what a broker or a store says of itself is put into their mouths where it matters. */

@Injectable()
class Works {
  @JobHandler('mail:new')
  run(): void {}
}

@Controller()
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly jobs: JobsHealthIndicator,
  ) {}

  @Get('health')
  @HealthCheck()
  check() {
    return this.health.check([
      () => this.jobs.broker('broker'),
      () => this.jobs.queue('mail', { maxDepth: 1, minConsumers: 1 }),
    ]);
  }
}

let app: INestApplication;
let jobs: JobsHealthIndicator;
let warren: Warren;

beforeEach(async () => {
  @Module({
    imports: [
      JobsModule.forRoot({ logger: silentLogger, store: new MemoryJobStore() }),
      JobsModule.forRoot({ connection: 'sender', logger: silentLogger, worker: false, store: false }),
      TerminusModule,
      JobsHealthModule,
    ],
    controllers: [HealthController],
    providers: [Works],
  })
  class AppModule {}
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  app = module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  jobs = app.get(JobsHealthIndicator);
  warren = app.get(getJobConnectionToken());
});
afterEach(() => app.close());

const health = async () => {
  const response = await fetch(`${await app.getUrl()}/health`);
  const { status } = (await response.json()) as { readonly status: string };
  return [response.status, status];
};

it('all is up', async () => {
  expect(jobs.broker('b')).toMatchObject({ b: { status: 'up' } });
  expect(jobs.store('s')).toMatchObject({ s: { status: 'up', late: 0, dropped: 0 } });
  expect(jobs.worker('w')).toEqual({ w: { status: 'up', queues: 1, running: 0, zombies: 0 } });
  await until(
    () => warren.scheduling.part === 'follows' || warren.scheduling.part === 'leads',
    () => 'the scheduler runs',
  );
  expect(await jobs.scheduler('c')).toMatchObject({ c: { status: 'up', schedules: 0 } });
  expect(await jobs.queue('mail', { maxAge: '1m', maxDepth: 0, minConsumers: 1 })).toEqual({
    mail: { status: 'up', ready: 0, dead: 0, consumers: 1, oldestAgeMs: 0 },
  });
  expect(await health()).toEqual([200, 'ok']);
});

it('a queue beyond its thresholds is degraded, which is no failure', async () => {
  await app.get(JobQueue).queues.pause('mail');
  await until(
    async () => (await jobs.queue('mail'))['mail'].consumers === 0,
    () => 'nobody takes jobs',
  );
  await app.get(JobQueue).enqueueMany([
    { job: 'mail:new', payload: {} },
    { job: 'mail:new', payload: {} },
  ]);
  const degraded = await jobs.queue('backlog', { queue: 'mail', maxDepth: 1, minConsumers: 1 });
  expect(degraded).toMatchObject({
    backlog: {
      status: 'degraded',
      ready: 2,
      message: '2 jobs wait, more than 1; 0 workers take jobs from it, fewer than 1',
    },
  });
  await until(
    async () => (await jobs.queue('mail', { maxAge: 1 }))['mail'].status === 'degraded',
    () => 'a job is older than a millisecond',
  );
  expect(await health()).toEqual([200, 'degraded']);
});

it('what does not work is down, and a broker with an alarm degraded', async () => {
  const status = jest.spyOn(warren, 'status');
  status.mockReturnValue({ state: 'connecting', text: 'away', consumers: [] });
  expect(jobs.broker('b')).toEqual({ b: { status: 'down', message: 'away' } });
  expect((await health())[0]).toBe(503);
  status.mockReturnValue({
    state: 'blocked',
    text: 'an alarm',
    consumers: [{ queue: 'mail', attached: false }],
  });
  expect(jobs.broker('b')).toEqual({ b: { status: 'degraded', message: 'an alarm' } });
  expect(jobs.worker('w')).toMatchObject({
    w: { status: 'down', message: 'no consumer is attached to: mail' },
  });
  jest.spyOn(warren.hostConnection.broker, 'stats').mockRejectedValue(new Error('gone'));
  expect(await jobs.queue('mail')).toMatchObject({ mail: { status: 'down' } });
});

it('another connection is asked by its name', async () => {
  const sender = { connection: 'sender' };
  expect(jobs.broker('b', sender)).toMatchObject({ b: { status: 'up' } });
  expect(jobs.store('s', sender)).toMatchObject({
    s: { status: 'down', message: 'this connection has no job store' },
  });
  expect(jobs.worker('w', sender)).toMatchObject({
    w: { status: 'down', message: 'this process takes no jobs' },
  });
  expect(await jobs.scheduler('c', sender)).toMatchObject({ c: { status: 'down' } });
});

it('wrong thresholds are refused, all at once', async () => {
  await expect(jobs.queue('mail', { maxAge: '5 apples', maxdepth: 3 } as never)).rejects.toThrow(
    /queue\('mail'\): maxAge[^]*queue\('mail'\): maxdepth.*Did you mean 'maxDepth'/,
  );
});
