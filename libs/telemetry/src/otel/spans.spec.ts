import { SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { MemoryJobStore, SnoozeJobError, WarrenError, type JobsOptions } from 'nestjs-warren';
import {
  ManualClock,
  startHarness,
  type Harness,
  type HarnessGround,
  type HarnessSetup,
} from 'nestjs-warren/testing';
import { destinationOf, type Destination } from '../destination.js';
import { Spans, type SpanSettings } from './spans.js';

/** Spans of a whole pipeline over the memory broker, on a manual clock. The real broker: test/integration/tracing.spec.ts. */

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
let harness: Harness;
let spans: Spans;

beforeAll(() => provider.register());
afterEach(async () => {
  await harness.close();
  exporter.reset();
});
afterAll(async () => {
  await provider.shutdown();
  trace.disable();
  context.disable();
  propagation.disable();
});

const ended = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name);

async function scene(
  setup: HarnessSetup & HarnessGround,
  settings: Partial<SpanSettings> = {},
): Promise<Harness> {
  const { clock = new ManualClock() } = setup;
  const made: { destination?: Destination } = {};
  spans = new Spans({ names: 'type', linkAfterMs: 300_000, ...settings }, clock, () => made.destination!);
  const options: JobsOptions = { app: 'shop', ...setup.options, middleware: spans.middleware };
  harness = await startHarness({ ...setup, options, clock });
  made.destination = destinationOf(harness.warren, 'default');
  harness.warren.observe((moment) => spans.observe(moment));
  return harness;
}

it('a handler that goes on after its timeout has a span that ends with the attempt', async () => {
  await scene({
    handlers: [
      {
        type: 'work:hangs',
        options: { timeout: '1s', attempts: 1 },
        run: () => new Promise(() => undefined),
      },
    ],
  });
  await harness.jobs.enqueue('work:hangs');
  await harness.recorder.next('started');
  await harness.clock.advance(10_000);
  await harness.recorder.next('failed');
  const [span] = ended('process work:hangs');
  expect(span!.attributes).toMatchObject({
    'error.type': 'WARREN_TIMEOUT',
    'warren.job.outcome': 'timeout',
    'warren.job.failure_reason': 'exhausted',
  });
  expect(span!.status.code).toBe(SpanStatusCode.ERROR);
});

it('a snooze is no error', async () => {
  await scene({
    handlers: [
      {
        type: 'work:later',
        run: () => {
          throw new SnoozeJobError('1h');
        },
      },
    ],
  });
  await harness.jobs.enqueue('work:later');
  await harness.recorder.next('snoozed');
  const [span] = ended('process work:later');
  expect(span!.status.code).toBe(SpanStatusCode.UNSET);
  expect(span!.events).toEqual([]);
  expect(span!.attributes).toMatchObject({ 'warren.job.outcome': 'snoozed' });
});

it('an enqueue that fails has a span that says so', async () => {
  await scene({});
  harness.faults.failPublishes(
    1,
    new WarrenError('WARREN_UNROUTABLE', 'no queue at amqp://user:secret@host'),
  );
  await expect(harness.jobs.enqueue('work:none')).rejects.toThrow();
  const [publish] = ended('publish work:none');
  expect(publish!.attributes).toMatchObject({ 'error.type': 'WARREN_UNROUTABLE' });
  expect(publish!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no queue at amqp://***@host' });
});

it('an occurrence of a schedule has a trace of its own, which says how late it is', async () => {
  const clock = new ManualClock();
  await scene({
    clock,
    handlers: [{ type: 'report:nightly', run: () => undefined }],
    schedules: [
      {
        name: 'nightly',
        place: 'a test',
        options: { every: '1h', job: 'report:nightly' },
        compute: undefined,
      },
    ],
    options: { store: new MemoryJobStore({ clock }) },
  });
  await harness.clock.advance(3_600_000);
  await harness.recorder.next('completed');
  const [schedule] = ended('schedule nightly');
  const [publish] = ended('publish report:nightly');
  const [attempt] = ended('process report:nightly');
  expect(schedule).toMatchObject({ kind: SpanKind.INTERNAL, parentSpanContext: undefined });
  expect(schedule!.attributes).toMatchObject({
    'warren.schedule.name': 'nightly',
    'warren.schedule.lag_ms': 0,
  });
  expect(publish!.parentSpanContext?.spanId).toBe(schedule!.spanContext().spanId);
  expect(attempt!.parentSpanContext).toBeUndefined();
  expect(attempt!.links[0]!.context.spanId).toBe(publish!.spanContext().spanId);
  expect(attempt!.attributes).toMatchObject({ 'warren.schedule.name': 'nightly' });
});

it('a caller without a span may hand on the context of another message', async () => {
  await scene({ handlers: [{ type: 'work:done', run: () => undefined }] });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await harness.jobs.enqueue('work:done', {}, { headers: { traceparent } });
  await harness.recorder.next('completed');
  const [publish] = ended('publish work:done');
  expect(publish!.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(publish!.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
});

it('an old job begins a trace of its own, and names may be those of the conventions', async () => {
  await scene(
    { handlers: [{ type: 'work:done', run: () => undefined }] },
    { linkAfterMs: 0, names: 'destination' },
  );
  await harness.jobs.enqueue('work:done');
  await harness.recorder.next('completed');
  const [publish] = ended('publish shop.jobs:work');
  const [attempt] = ended('process shop.jobs:work:shop.q.work');
  expect(attempt!.spanContext().traceId).not.toBe(publish!.spanContext().traceId);
  expect(attempt!.links[0]!.context.spanId).toBe(publish!.spanContext().spanId);
});

it('spans that still wait for an outcome end at the close', async () => {
  await scene({ handlers: [{ type: 'work:hangs', run: () => new Promise(() => undefined) }] });
  await harness.jobs.enqueue('work:hangs');
  await harness.recorder.next('started');
  await harness.clock.advance(0);
  spans.close();
  expect(ended('process work:hangs').map(({ attributes }) => attributes['warren.job.outcome'])).toEqual([
    'unknown',
  ]);
});
