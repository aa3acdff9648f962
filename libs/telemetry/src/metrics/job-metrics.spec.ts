import { NonRetryableJobError, SnoozeJobError, fixed, type JobsOptions } from 'nestjs-warren';
import type { Warren } from 'nestjs-warren/standalone';
import { ManualClock, startHarness, type Harness, type HarnessHandler } from 'nestjs-warren/testing';
import { JobMetrics } from './job-metrics.js';
import type { Collect, Labels, MetricsPort } from './port.js';

/** The figures of a whole pipeline over the memory broker, on a manual clock. */

class Figures implements MetricsPort {
  readonly counted = new Map<string, number>();
  readonly observed: Array<readonly [string, Labels, number]> = [];
  readonly gauges = new Map<string, Collect>();

  count(key: string, labels: Labels, by = 1): void {
    const { connection: _, ...rest } = labels;
    const name = [key, ...Object.values(rest)].join(' ');
    this.counted.set(name, (this.counted.get(name) ?? 0) + by);
  }

  observe(key: string, { connection: _, ...labels }: Labels, value: number): void {
    this.observed.push([key, labels, value]);
  }

  gauge(key: string, collect: Collect): void {
    this.gauges.set(key, collect);
  }

  close(): void {}

  get counts(): Record<string, number> {
    return Object.fromEntries(this.counted);
  }

  of(key: string): Array<readonly [Labels, number]> {
    return this.observed.filter(([name]) => name === key).map(([, labels, value]) => [labels, value]);
  }
}

let harness: Harness;
let figures: Figures;
afterEach(() => harness.close());

async function scene(
  handlers: readonly HarnessHandler[],
  { mostTypes = 200, ...options }: JobsOptions & { mostTypes?: number } = {},
): Promise<Warren> {
  const clock = new ManualClock();
  figures = new Figures();
  const metrics = new JobMetrics({ connection: 'default', ports: [figures], clock, mostTypes });
  const middleware = { enqueue: [metrics.enqueue], run: [metrics.run] };
  harness = await startHarness({ handlers, options: { ...options, middleware }, clock });
  harness.warren.observe(metrics.observer);
  return harness.warren;
}

it('a job that fails once and completes', async () => {
  let runs = 0;
  const warren = await scene([
    {
      type: 'mail:new',
      options: { attempts: 3, backoff: fixed('10s', { jitter: 'none' }) },
      run: () => {
        runs += 1;
        if (runs === 1) throw new Error('not yet');
      },
    },
  ]);
  await warren.jobs.enqueue('mail:new');
  await harness.recorder.next('retryScheduled');
  await harness.clock.advance(10_000);
  await harness.recorder.next('completed');
  expect(figures.counts).toEqual({
    'enqueued mail mail:new': 1,
    'started mail mail:new': 2,
    'attempts mail mail:new retried': 1,
    'attempts mail mail:new completed': 1,
    'finished mail mail:new completed': 1,
  });
  expect(figures.of('endToEnd')).toEqual([[{ queue: 'mail', job_type: 'mail:new' }, 10]]);
  expect(figures.of('duration').map(([labels]) => labels.outcome)).toEqual(['retried', 'completed']);
  expect(figures.of('wait')).toHaveLength(2);
  expect(figures.of('publishConfirm')).toHaveLength(1);
});

it('jobs that end otherwise', async () => {
  const warren = await scene([
    {
      type: 'work:fails',
      run: () => {
        throw new NonRetryableJobError('never');
      },
    },
    {
      type: 'work:snoozes',
      run: () => {
        throw new SnoozeJobError('1h');
      },
    },
  ]);
  await warren.jobs.enqueue('work:fails');
  await warren.jobs.enqueue('work:snoozes');
  await harness.recorder.next('failed');
  await harness.recorder.next('snoozed');
  expect(figures.counts).toMatchObject({
    'attempts work work:fails failed': 1,
    'finished work work:fails failed': 1,
    'attempts work work:snoozes snoozed': 1,
  });
  expect(Object.keys(figures.counts)).not.toContain('finished work work:snoozes completed');
});

it('a job that nobody can run is counted as such, and has no duration', async () => {
  const warren = await scene([{ type: 'work:known', run: () => undefined }]);
  await warren.jobs.enqueue('work:unknown');
  await harness.recorder.next('retryScheduled');
  expect(figures.counts).toMatchObject({ 'rejected work unknown_type': 1 });
  expect(figures.of('duration')).toEqual([]);
});

it('job types beyond the most are one', async () => {
  const warren = await scene([{ type: 'work:', run: () => undefined }], { mostTypes: 2 });
  for (const type of ['work:a', 'work:b', 'work:c', 'work:d', 'work:a']) {
    await warren.jobs.enqueue(type);
    await harness.recorder.next('completed');
  }
  expect(figures.counts).toMatchObject({
    'finished work work:a completed': 2,
    'finished work work:b completed': 1,
    'finished work (other) completed': 2,
  });
});

it('what runs now is counted by queue, until its handler ends', async () => {
  let finish!: () => void;
  const warren = await scene([
    { type: 'work:slow', run: () => new Promise<void>((done) => (finish = done)) },
  ]);
  const active = async () =>
    (await figures.gauges.get('active')!()).map(({ labels, value }) => [labels, value]);
  await warren.jobs.enqueue('work:slow');
  await harness.recorder.next('started');
  await harness.recorder.until(() => finish !== undefined);
  const labels = { connection: 'default', queue: 'work' };
  expect(await active()).toEqual([[labels, 1]]);
  finish();
  await harness.recorder.next('completed');
  expect(await active()).toEqual([[labels, 0]]);
});
