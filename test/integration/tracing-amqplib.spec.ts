import { buildLibraries } from '../support/build.js';
import { run } from '../support/processes.js';
import { RabbitMqApp } from '../support/rabbitmq-app.js';

/** Beside the automatic instrumentation of amqplib, the real one, in a process that is preloaded with it. */

interface Report {
  readonly completed: number;
  /** What was published on channels that are used past the instrumentation. */
  readonly arrived: number;
  readonly lines: readonly string[];
  readonly spans: ReadonlyArray<{
    readonly name: string;
    readonly scope: string;
    readonly traceId: string;
    readonly spanId: string;
    readonly parentId?: string;
  }>;
}

const AMQPLIB = '@opentelemetry/instrumentation-amqplib';
const rabbit = new RabbitMqApp('tracing-amqplib');

beforeAll(() => {
  buildLibraries('telemetry');
  rabbit.owns('work');
}, 120_000);
afterAll(() => rabbit.dispose());

async function traced(env: Record<string, string> = {}): Promise<Report> {
  const args = ['--import', './test/fixtures/instrumented.mjs', 'test/fixtures/traced-worker.mjs'];
  const { stdout, stderr } = await run(process.execPath, args, {
    env: { RABBITMQ_URL: rabbit.url, TEST_APP: rabbit.app, NODE_ENV: 'development', ...env },
    limitMs: 60_000,
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Report;
}

it('each enqueue and each attempt has one span, and the trace goes through the broker', async () => {
  const { completed, arrived, spans, lines } = await traced();
  expect({ completed, arrived }).toEqual({ completed: 2, arrived: 2 });
  // It does instrument: the application's own publish has its span, and no job has one of it.
  expect(spans.filter(({ scope }) => scope === AMQPLIB).map(({ name }) => name)).toEqual([
    'publish <default>',
  ]);
  const ours = spans.filter(({ scope }) => scope !== AMQPLIB);
  for (const type of ['work:small', 'work:large']) {
    const [publish, ...others] = ours.filter(({ name }) => name === `publish ${type}`);
    expect(others).toEqual([]);
    const attempts = ours.filter(({ name }) => name === `process ${type}`);
    expect(attempts.map(({ parentId }) => parentId)).toEqual([publish!.spanId, publish!.spanId]);
    expect(attempts.map(({ traceId }) => traceId)).toEqual([publish!.traceId, publish!.traceId]);
  }
  expect(ours).toHaveLength(6);
  expect(lines.filter((line) => line.includes('automatic instrumentation of amqplib'))).toHaveLength(1);
}, 90_000);

it('without the telemetry module, jobs have no spans instead of wrong ones', async () => {
  const { completed, spans } = await traced({ TELEMETRY: 'off' });
  expect(completed).toBe(2);
  expect(spans.map(({ name }) => name)).toEqual(['publish <default>']);
}, 90_000);
