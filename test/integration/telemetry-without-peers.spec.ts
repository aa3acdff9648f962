import { buildLibraries } from '../support/build.js';
import { run } from '../support/processes.js';

/** The package where none of what it can use is installed. */

const PROGRAM = `
  import 'reflect-metadata';
  import { Module } from '@nestjs/common';
  import { NestFactory } from '@nestjs/core';
  import { JobQueue, JobsModule } from 'nestjs-warren';
  import { JobsTelemetry, JobsTelemetryModule } from 'nestjs-warren-telemetry';

  class AppModule {}
  Module({
    imports: [JobsModule.forRoot(), JobsTelemetryModule.forRoot({ server: { port: 0 }, ...JSON.parse(process.env.TEST_OPTIONS) })],
  })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  const { id } = await app.get(JobQueue).enqueue('some:job');
  const { serverUrl } = app.get(JobsTelemetry);
  const status = async (path) => (await fetch(serverUrl + path)).status;
  console.log(JSON.stringify([typeof id, await status('/live'), await status('/ready'), await status('/metrics')]));
  await app.close();
`;

const start = (options: object) =>
  run(
    process.execPath,
    ['--import', './test/fixtures/without-peers.mjs', '--input-type=module', '--eval', PROGRAM],
    { env: { NODE_ENV: 'development', TEST_OPTIONS: JSON.stringify(options) }, limitMs: 60_000 },
  );

beforeAll(() => buildLibraries('telemetry'), 120_000);

it('boots, and has what needs no package', async () => {
  const { stdout, stderr, code } = await start({});
  expect({ stdout: stdout.trim(), stderr, code }).toEqual({
    stdout: '["string",200,200,404]',
    stderr: '',
    code: 0,
  });
});

it.each([
  [{ tracing: true }, 'tracing needs the package @opentelemetry/api'],
  [{ otelMetrics: true }, 'otelMetrics needs the package @opentelemetry/api'],
  [{ prometheus: true }, 'prometheus needs the package prom-client'],
])('says what to install where %j asks for it', async (options, message) => {
  const { stderr, code } = await start(options);
  expect(stderr).toContain(message);
  expect(code).not.toBe(0);
});
