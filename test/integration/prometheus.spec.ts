import 'reflect-metadata';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import { JobHandler, JobQueue, JobsModule } from 'nestjs-warren';
import { JobsTelemetry, JobsTelemetryModule } from 'nestjs-warren-telemetry';
import { freePort } from '../support/free-port.js';
import { RunningProgram } from '../support/processes.js';
import { promtool, prometheusPrograms } from '../support/prometheus.js';
import { RabbitMqApp } from '../support/rabbitmq-app.js';
import { until } from '../support/until.js';

/** The metrics half of docker-compose.observability.yml with a real Prometheus: its configuration, but for the targets. */

@Injectable()
class Works {
  @JobHandler('work:done')
  run(): void {}
}

const rabbit = new RabbitMqApp('prometheus');
const folder = mkdtempSync(join(tmpdir(), 'warren-prometheus-'));
let app: INestApplicationContext;
let prometheus: RunningProgram | undefined;

afterAll(async () => {
  prometheus?.killTree();
  await prometheus?.result;
  await app.close();
  await rabbit.dispose();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: string;
  readonly data: {
    readonly result?: ReadonlyArray<{ readonly value: readonly [number, string] }>;
    readonly groups?: ReadonlyArray<{ readonly rules: readonly unknown[] }>;
  };
}

it('scrapes a worker, answers a question about it, and has the alert rules', async () => {
  rabbit.owns('work');
  @Module({
    imports: [
      JobsModule.forRoot({ url: rabbit.url, app: rabbit.app }),
      JobsTelemetryModule.forRoot({ prometheus: { registry: new Registry() }, server: { port: 0 } }),
    ],
    providers: [Works],
  })
  class AppModule {}
  app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  await app.get(JobQueue).enqueueMany([1, 2, 3].map((number) => ({ job: 'work:done', payload: { number } })));

  const target = new URL(app.get(JobsTelemetry).serverUrl!).host;
  const config = readFileSync('observability/prometheus.yml', 'utf8')
    .replace(/( +)dns_sd_configs:[^]*$/, `$1static_configs: [{ targets: ['${target}'] }]\n`)
    .replaceAll('15s', '1s')
    .replace('alerts.yml', resolve('libs/telemetry/assets/alerts.yml'));
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, config);
  expect(await promtool(['check', 'config', file])).toMatchObject({ code: 0 });

  const port = await freePort();
  prometheus = new RunningProgram(
    prometheusPrograms().server,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { limitMs: 60_000 },
  );
  const ask = async (path: string): Promise<Answer | undefined> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`).catch(() => undefined);
    return response?.ok ? ((await response.json()) as Answer) : undefined;
  };
  const query = encodeURIComponent(
    'sum by (queue) (warren_jobs_finished_total{job="shop",state="completed"})',
  );
  await until(async () => {
    const answer = await ask(`query?query=${query}`);
    return answer?.data.result?.[0]?.value[1] === '3';
  }, 'Prometheus knows of the three jobs');
  const rules = await ask('rules');
  expect(rules?.data.groups?.[0]?.rules.length).toBeGreaterThan(10);
}, 60_000);

it('the configuration of the compose stack is one', async () => {
  // As the container sees it: rules beside the configuration.
  writeFileSync(join(folder, 'alerts.yml'), readFileSync('libs/telemetry/assets/alerts.yml', 'utf8'));
  const file = join(folder, 'compose.yml');
  writeFileSync(file, readFileSync('observability/prometheus.yml', 'utf8'));
  expect(await promtool(['check', 'config', file])).toMatchObject({ code: 0 });
});
