import 'reflect-metadata';
import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Registry, register } from 'prom-client';
import {
  JobHandler,
  JobQueue,
  JobsModule,
  getJobQueueToken,
  type JobsModuleExtras,
  type JobsOptions,
} from 'nestjs-warren';
import { silentLogger } from 'nestjs-warren/ports';
import { until } from 'nestjs-warren/testing';
import * as telemetry from './index.js';
import { METRICS, type Metric } from './names.js';
import type { TelemetryOptions } from './options.js';
import { JobsTelemetry, JobsTelemetryModule } from './telemetry.module.js';

@Injectable()
class Works {
  @JobHandler('a:work')
  @JobHandler('a:work', { connection: 'second' })
  run(): void {}
}

const started: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of started.splice(0)) await app.close();
});

async function boot(
  options: TelemetryOptions,
  connections: ReadonlyArray<JobsOptions & JobsModuleExtras> = [{}, { connection: 'second' }],
): Promise<INestApplicationContext> {
  @Module({
    imports: [
      JobsTelemetryModule.forRoot(options),
      ...connections.map((own) => JobsModule.forRoot({ logger: silentLogger, ...own })),
    ],
    providers: connections.length === 2 ? [Works] : [],
  })
  class AppModule {}
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  module.useLogger(false);
  started.push(module);
  return module.init();
}

it('exports names that users may hold on to', () => {
  expect(Object.keys(telemetry).sort()).toEqual(['JobsTelemetry', 'JobsTelemetryModule']);
});

it('covers all connections of the application, apart', async () => {
  const registry = new Registry();
  const app = await boot({ prometheus: { registry } });
  expect(app.get(JobsTelemetry).registry).toBe(registry);
  expect(app.get(JobsTelemetry).serverUrl).toBeUndefined();
  await app.get(JobQueue).enqueue('a:work');
  await app.get<JobQueue>(getJobQueueToken('second')).enqueue('a:work');
  await app.get<JobQueue>(getJobQueueToken('second')).enqueue('a:work');
  const completed = (connection: string, count: number) =>
    `warren_jobs_finished_total{connection="${connection}",queue="a",job_type="a:work",state="completed"} ${count}`;
  await until(
    async () => (await registry.metrics()).includes(completed('second', 2)),
    () => 'the jobs of the second connection are counted',
    4_000,
  );
  expect(await registry.metrics()).toContain(completed('default', 1));
});

it('uses the global registry unless it is given one, and leaves it as it was', async () => {
  const app = await boot({});
  expect(register.getSingleMetric('warren_jobs_enqueued_total')).toBeDefined();
  await expect(boot({})).rejects.toThrow(
    /has 'warren_jobs_enqueued_total' already.*registry: new Registry\(\)/,
  );
  await app.close();
  expect(register.getSingleMetric('warren_jobs_enqueued_total')).toBeUndefined();
});

it('is refused where no connection has it, and with wrong options', async () => {
  const prometheus = { registry: new Registry() };
  await expect(boot({ prometheus }, [])).rejects.toThrow(/no connection has it\. Import JobsModule/);
  await expect(boot({ prometheus: false, maxJobTypes: -1 })).rejects.toThrow(
    /JobsTelemetryModule: maxJobTypes/,
  );
});

it('takes options from a factory', async () => {
  const registry = new Registry();
  @Module({
    imports: [
      JobsModule.forRoot({ logger: silentLogger }),
      JobsTelemetryModule.forRootAsync({ useFactory: () => ({ prometheus: { registry } }) }),
    ],
  })
  class AppModule {}
  const app = await Test.createTestingModule({ imports: [AppModule] }).compile();
  started.push(app);
  await app.init();
  expect(app.get(JobsTelemetry).registry).toBe(registry);
});

it('tells OpenTelemetry by the names of its conventions', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(provider);
  try {
    const app = await boot({ prometheus: false });
    await app.get(JobQueue).enqueue('a:work');
    await app.get(JobQueue).enqueue('a:work', {}, { delay: '1h' });
    const collected = async () => {
      exporter.reset();
      await reader.forceFlush();
      const [all] = exporter.getMetrics();
      const found = all?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
      return new Map(found.map((metric) => [metric.descriptor.name, metric]));
    };
    await until(
      async () => (await collected()).has('messaging.process.duration'),
      () => 'an attempt has ended',
      4_000,
    );
    const found = await collected();
    const [duration] = found.get('messaging.process.duration')!.dataPoints;
    expect(duration).toMatchObject({
      attributes: {
        'messaging.system': 'memory',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': 'a',
        'warren.connection': 'default',
        'warren.job.type': 'a:work',
        'warren.job.outcome': 'completed',
      },
      value: { count: 1, buckets: { boundaries: expect.arrayContaining([0.005, 0.75, 10]) } },
    });
    expect(found.get('messaging.client.sent.messages')!.dataPoints[0]!.value).toBe(2);
    const depth = found.get('warren.queue.depth')!.dataPoints;
    expect(
      depth.find(
        ({ attributes }) =>
          attributes['warren.state'] === 'scheduled' && attributes['warren.connection'] === 'default',
      )?.value,
    ).toBe(1);
    const names = Object.values<Metric>(METRICS).flatMap(({ otel }) => otel ?? []);
    // No schedule fired, nothing was lost, and the broker has no connection.
    const without = ['warren.schedule.lag', 'warren.store.errors', 'warren.broker.reconnects'];
    expect([...found.keys()].sort()).toEqual(names.filter((name) => !without.includes(name)).sort());
  } finally {
    await provider.shutdown();
    metrics.disable();
  }
});
