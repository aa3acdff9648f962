import { defineJob } from '../job/definition.js';
import type { JobContext } from '../job/context.js';
import type { LimitStore } from '../ports/store-limits.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { flakyStore, type StoreFaults } from '../testing/flaky-store.js';
import { startHarness, type Harness, type HarnessHandler } from '../testing/harness.js';
import { ManualClock } from '../testing/manual-clock.js';
import type { JobsOptions } from '../options/module.js';

/** Limits over all workers: several runtimes on one memory broker and one store, on a manual clock. */

interface Cluster {
  readonly clock: ManualClock;
  readonly faults: StoreFaults;
  readonly harnesses: readonly Harness[];
  readonly first: Harness;
  readonly limits: LimitStore;
  readonly store: MemoryJobStore;
}

const open: Harness[] = [];
afterEach(async () => {
  for (const harness of open.splice(0)) await harness.close();
});

async function cluster(
  handlers: readonly HarnessHandler[],
  options: JobsOptions,
  processes = 1,
): Promise<Cluster> {
  const clock = new ManualClock();
  const store = new MemoryJobStore({ clock });
  const faults: StoreFaults = { isAway: false, calls: [] };
  const setup = () => ({ handlers, options: { store: flakyStore(store.connect(), faults), ...options } });
  const first = await startHarness({ ...setup(), clock });
  open.push(first);
  const others: Harness[] = [];
  for (let count = 1; count < processes; count += 1) others.push(await first.another(setup()));
  return { clock, faults, first, harnesses: [first, ...others], limits: store.limits, store };
}

/** Jobs that run until they are told to end, and how many do. */
class Gauge {
  running = 0;
  most = 0;
  ran = 0;
  readonly starts: number[] = [];
  private readonly ends: Array<() => void> = [];

  constructor(private readonly now: () => number = () => 0) {}

  readonly run = (): Promise<void> => {
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    this.starts.push(this.now());
    return new Promise<void>((resolve) => this.ends.push(resolve)).then(() => {
      this.running -= 1;
      this.ran += 1;
    });
  };

  endOne(): void {
    this.ends.shift()?.();
  }

  get waiting(): number {
    return this.ends.length;
  }
}

async function enqueue(harness: Harness, type: string, count: number, payload: unknown = 1): Promise<void> {
  for (let index = 0; index < count; index += 1) await harness.jobs.enqueue(type, payload);
}

describe('maxConcurrent', () => {
  it.each([
    ['of a queue with priorities', { queues: { pdf: { priorities: 3, maxConcurrent: 3 } } }],
    [
      'of a weighted queue',
      { queues: { pdf: { maxConcurrent: 3 } }, worker: { concurrency: 4, queues: { pdf: { weight: 2 } } } },
    ],
  ])('%s: those that wait for it do not come round each second', async (_, options) => {
    const gauge = new Gauge();
    const { clock, first } = await cluster([{ type: 'pdf:render', run: gauge.run }], {
      worker: { concurrency: 4 },
      ...options,
    });
    await enqueue(first, 'pdf:render', 8);
    for (let seconds = 0; seconds < 4; seconds += 1) await clock.advance(1_000);
    expect(gauge.running).toBe(3);
    expect(first.recorder.all('interrupted')).toEqual([]);
    expect(first.recorder.all('snoozed').length).toBeLessThan(2);
    for (let ended = 0; ended < 8; ended += 1) {
      gauge.endOne();
      await clock.advance(90_000);
    }
    expect(gauge).toMatchObject({ ran: 8, most: 3 });
  });

  it('is never exceeded over all workers, and used fully', async () => {
    const gauge = new Gauge();
    const { clock, first } = await cluster(
      [{ type: 'pdf:render', run: gauge.run }],
      { queues: { pdf: { maxConcurrent: 3 } } },
      4,
    );
    await enqueue(first, 'pdf:render', 30);
    await clock.advance(10);
    for (let ended = 0; ended < 30; ended += 1) {
      expect(gauge.running).toBe(Math.min(3, 30 - ended));
      gauge.endOne();
      await clock.advance(10);
    }
    expect(gauge).toMatchObject({ ran: 30, most: 3 });
  });

  it('of a free slot costs three calls of the store, whatever the number of jobs that wait', async () => {
    const gauge = new Gauge();
    const { clock, first, faults } = await cluster(
      [{ type: 'pdf:render', run: gauge.run }],
      { queues: { pdf: { maxConcurrent: 1 } }, worker: { concurrency: 50 } },
      2,
    );
    await enqueue(first, 'pdf:render', 90);
    await clock.advance(100);
    const before = faults.calls.length;
    for (let ended = 0; ended < 10; ended += 1) {
      gauge.endOne();
      await clock.advance(10);
    }
    const calls = faults.calls.slice(before).filter((call) => call.startsWith('limits.'));
    // For each: one release, one take that gets the slot, and one of the next in line that says who is to be told.
    expect(calls.length).toBeLessThanOrEqual(30);
    expect(gauge.ran).toBe(10);
  });

  it('of a handler holds for its jobs alone, and those of other types pass those that wait', async () => {
    const slow = new Gauge();
    const ran: unknown[] = [];
    const { clock, first } = await cluster(
      [
        { type: 'doc:slow', options: { maxConcurrent: 1 }, run: slow.run },
        { type: 'doc:fast', run: (payload) => void ran.push(payload) },
      ],
      { worker: { concurrency: 4 } },
    );
    await enqueue(first, 'doc:slow', 20);
    await enqueue(first, 'doc:fast', 3, 'fast');
    await clock.advance(1_000);
    expect(ran).toEqual(['fast', 'fast', 'fast']);
    expect(slow).toMatchObject({ running: 1, most: 1 });
    for (let ended = 0; ended < 20; ended += 1) {
      await clock.advance(30_000);
      slow.endOne();
    }
    await clock.advance(60_000);
    expect(slow).toMatchObject({ ran: 20, most: 1 });
  });

  it('changed for all holds at once, in both directions', async () => {
    const gauge = new Gauge();
    const { clock, first, limits } = await cluster(
      [{ type: 'pdf:render', run: gauge.run }],
      { queues: { pdf: { maxConcurrent: 2 } } },
      3,
    );
    await enqueue(first, 'pdf:render', 40);
    await clock.advance(10);
    expect(gauge.running).toBe(2);
    await limits.configure('maxConcurrent of queue pdf', { kind: 'slots', limit: 9 });
    await clock.advance(100);
    expect(gauge.running).toBe(9);
    await limits.configure('maxConcurrent of queue pdf', { kind: 'slots', limit: 1 });
    while (gauge.running > 1) {
      const before = gauge.running;
      gauge.endOne();
      await clock.advance(10);
      expect(gauge.running).toBe(before - 1);
    }
    gauge.endOne();
    await clock.advance(10);
    expect(gauge.running).toBe(1);
  });

  it('spends no attempt and loses nothing while jobs wait longer than their worker holds them', async () => {
    const gauge = new Gauge();
    const { clock, first } = await cluster(
      [{ type: 'pdf:render', options: { attempts: 1 }, run: gauge.run }],
      { queues: { pdf: { maxConcurrent: 1 } }, worker: { concurrency: 3 } },
    );
    const ref = await first.jobs.enqueue('pdf:render', 1);
    await enqueue(first, 'pdf:render', 7);
    await clock.advance(60_000);
    expect(gauge.running).toBe(1);
    expect(first.recorder.all('snoozed').length).toBeGreaterThan(3);
    expect(first.recorder.all('snoozed')[0]).toMatchObject({
      reason: 'no room by maxConcurrent of queue pdf',
    });
    expect(await first.jobs.counts()).toMatchObject({ all: { active: 1 } });
    for (let ended = 0; ended < 8; ended += 1) {
      gauge.endOne();
      await clock.advance(60_000);
    }
    expect(gauge).toMatchObject({ ran: 8, most: 1 });
    expect(await first.jobs.get(ref.id)).toMatchObject({ state: 'completed' });
    expect((await first.jobs.counts()).all).toMatchObject({ completed: 8, failed: 0 });
  });

  it('is free again when a worker shuts down, and its waiting jobs run elsewhere at once', async () => {
    const gauge = new Gauge();
    const { clock, first, harnesses, store } = await cluster(
      [{ type: 'pdf:render', run: gauge.run }],
      { queues: { pdf: { maxConcurrent: 1 } } },
      2,
    );
    await enqueue(first, 'pdf:render', 6);
    await clock.advance(10);
    const closing = Promise.all(harnesses.map(({ warren }) => warren.drain()));
    gauge.endOne();
    await clock.advance(100);
    await closing;
    expect(first.recorder.all('interrupted').length + harnesses[1]!.recorder.all('interrupted').length).toBe(
      5,
    );
    const next = new Gauge();
    const again = await first.another({
      handlers: [{ type: 'pdf:render', run: next.run }],
      options: { store: store.connect(), queues: { pdf: { maxConcurrent: 1 } } },
    });
    for (let ended = 0; ended < 5; ended += 1) {
      await clock.advance(100);
      next.endOne();
    }
    await clock.advance(10);
    expect(next).toMatchObject({ ran: 5, most: 1 });
    expect(again.recorder.all('completed')).toHaveLength(5);
  });

  it('leaves a queue without limits alone: the store is not asked, nothing is awaited more', async () => {
    const { clock, first, faults } = await cluster(
      [
        { type: 'pdf:render', run: () => 1 },
        { type: 'mail:send', run: () => 2 },
      ],
      { queues: { pdf: { maxConcurrent: 1 } } },
    );
    await enqueue(first, 'mail:send', 5);
    await clock.advance(100);
    expect(first.recorder.all('completed')).toHaveLength(5);
    expect(faults.calls.filter((call) => call.startsWith('limits.'))).toEqual([]);
  });
});

describe('limits without a job store', () => {
  it('are refused at boot, each with its place', async () => {
    const booting = startHarness({
      handlers: [{ type: 'pdf:render', options: { rateLimit: { max: 1, per: '1s' } }, run: () => 1 }],
      options: { store: false, queues: { pdf: { maxConcurrent: 1 }, idle: { maxConcurrent: 1 } } },
    });
    await expect(booting).rejects.toMatchObject({
      problems: [
        expect.stringMatching(/^handler of 'pdf:render': limits over all workers need a job store/),
        expect.stringMatching(/^queues\.pdf: limits over all workers need a job store/),
      ],
    });
  });

  it('do not matter to a process that only enqueues', async () => {
    const producer = await startHarness({
      options: { store: false, worker: false, queues: { pdf: { maxConcurrent: 1 } } },
    });
    open.push(producer);
    await expect(producer.jobs.enqueue('pdf:render', 1)).resolves.toMatchObject({ type: 'pdf:render' });
  });
});

describe('concurrency by key', () => {
  it('holds for each key apart', async () => {
    const running = new Map<string, number>();
    const ends: Array<() => void> = [];
    const Pdf = defineJob()('pdf:render', {
      concurrency: { limit: 2, key: (payload: { tenant: string }) => payload.tenant },
    });
    const { clock, first } = await cluster(
      [
        {
          type: 'pdf:render',
          definition: Pdf,
          run: async (payload) => {
            const { tenant } = payload as { tenant: string };
            running.set(tenant, (running.get(tenant) ?? 0) + 1);
            await new Promise<void>((resolve) => ends.push(resolve));
            running.set(tenant, running.get(tenant)! - 1);
          },
        },
      ],
      { worker: { concurrency: 20 } },
      2,
    );
    for (const tenant of ['a', 'b', 'c']) await enqueue(first, 'pdf:render', 5, { tenant });
    await clock.advance(100);
    expect([...running.values()]).toEqual([2, 2, 2]);
    for (const end of ends.splice(0)) end();
    await clock.advance(100);
    expect([...running.values()]).toEqual([2, 2, 2]);
  });

  it('counts jobs whose key cannot be made together, says so once, and leaves out those without one', async () => {
    const gauge = new Gauge();
    const { clock, first } = await cluster(
      [
        {
          type: 'pdf:render',
          options: {
            concurrency: {
              limit: 1,
              key: (payload: unknown) =>
                payload === 'free' ? undefined : (payload as { a: { b: string } }).a.b,
            },
          },
          run: gauge.run,
        },
      ],
      {},
    );
    await enqueue(first, 'pdf:render', 3, 'free');
    await enqueue(first, 'pdf:render', 3, {});
    await clock.advance(100);
    expect(gauge.running).toBe(4);
    const lines = first.lines('error').filter((line) => line.includes('key function'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(
      "concurrency of type pdf:render failed for a job of type 'pdf:render': TypeError",
    );
  });
});

describe('rateLimit', () => {
  it('spaces starts evenly over all workers', async () => {
    const clock = new ManualClock();
    const starts: number[] = [];
    const store = new MemoryJobStore({ clock });
    const setup = () => ({
      handlers: [{ type: 'news:send', run: () => void starts.push(clock.now()) }],
      options: {
        store: store.connect(),
        queues: { news: { rateLimit: { max: 10, per: '1s' } } },
      } satisfies JobsOptions,
    });
    const first = await startHarness({ ...setup(), clock });
    open.push(first);
    await first.another(setup());
    await enqueue(first, 'news:send', 50);
    await clock.advance(5_000);
    expect(starts).toHaveLength(50);
    const gaps = starts.slice(1).map((at, index) => at - starts[index]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(101);
  });

  it('gives later jobs their turns by the delay levels, and keeps its pace', async () => {
    const clock = new ManualClock();
    const starts: number[] = [];
    const store = new MemoryJobStore({ clock });
    const first = await startHarness({
      clock,
      handlers: [{ type: 'news:send', options: { attempts: 1 }, run: () => void starts.push(clock.now()) }],
      options: { store, queues: { news: { rateLimit: { max: 1, per: '2s' } } }, worker: { concurrency: 50 } },
    });
    open.push(first);
    await enqueue(first, 'news:send', 60);
    await clock.advance(120_000);
    expect(starts).toHaveLength(60);
    const gaps = starts.slice(1).map((at, index) => at - starts[index]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2_000);
    // Each left once at most: its turn was kept for it.
    expect(first.recorder.all('snoozed').length).toBeLessThanOrEqual(60);
    expect((await first.jobs.counts()).all).toMatchObject({ completed: 60, failed: 0 });
  });

  it('of a key does not slow other keys', async () => {
    const ran: string[] = [];
    const { clock, first } = await cluster(
      [
        {
          type: 'api:call',
          options: { rateLimit: { max: 1, per: '1m', key: (payload: unknown) => String(payload) } },
          run: (payload) => void ran.push(String(payload)),
        },
      ],
      {},
    );
    for (const key of ['a', 'a', 'b', 'c', 'a']) await first.jobs.enqueue('api:call', key);
    await clock.advance(1_000);
    expect(ran).toEqual(['a', 'b', 'c']);
    await clock.advance(120_000);
    expect(ran).toEqual(['a', 'b', 'c', 'a', 'a']);
  });
});

describe('job.rateLimited', () => {
  const refusing = (again: (job: JobContext) => unknown) => {
    let runs = 0;
    return (_payload: unknown, job: JobContext): unknown => {
      runs += 1;
      return runs === 1 ? again(job) : { attempt: job.attempt };
    };
  };

  it.each([
    [
      'thrown, with seconds as in Retry-After',
      (job: JobContext) => Promise.reject(job.rateLimited('7')),
      7_000,
    ],
    ['returned, with a duration', (job: JobContext) => job.rateLimited('5s'), 5_000],
    ['with what nobody can read', (job: JobContext) => Promise.reject(job.rateLimited('soon')), 30_000],
  ])('%s: the job comes again then, without an attempt spent', async (_how, again, delayMs) => {
    const { clock, first } = await cluster(
      [{ type: 'api:call', options: { attempts: 1 }, run: refusing(again) }],
      {},
    );
    const ref = await first.jobs.enqueue('api:call', 1);
    await clock.advance(delayMs - 100);
    expect(first.recorder.all('snoozed')).toMatchObject([{ delayMs }]);
    expect(first.recorder.all('completed')).toEqual([]);
    await clock.advance(200);
    expect(first.recorder.all('completed')).toMatchObject([{ jobId: ref.id, result: { attempt: 1 } }]);
  });

  it('with a Date goes by the clock of the worker', async () => {
    const clock = new ManualClock();
    const first = await startHarness({
      clock,
      handlers: [
        {
          type: 'api:call',
          run: refusing((job) => Promise.reject(job.rateLimited(new Date(clock.now() + 9_000)))),
        },
      ],
    });
    open.push(first);
    await first.jobs.enqueue('api:call', 1);
    await clock.advance(10);
    expect(first.recorder.all('snoozed')).toMatchObject([{ delayMs: 9_000 }]);
  });

  it('with holdRate nothing else starts by the rates of the job until then', async () => {
    const ran: number[] = [];
    const clock = new ManualClock();
    const startedAt = clock.now();
    const store = new MemoryJobStore({ clock });
    const setup = () => ({
      handlers: [
        {
          type: 'api:call',
          options: { rateLimit: { max: 100, per: '1s' as const } },
          run: (payload: unknown, job: JobContext) => {
            if (payload === 'refused' && ran.length === 0) {
              ran.push(-1);
              throw job.rateLimited('8s', { holdRate: true });
            }
            ran.push(clock.now() - startedAt);
          },
        },
      ],
      options: { store: store.connect() },
    });
    const first = await startHarness({ ...setup(), clock });
    open.push(first);
    await first.another(setup());
    await first.jobs.enqueue('api:call', 'refused');
    await clock.advance(10);
    await enqueue(first, 'api:call', 3);
    await clock.advance(7_000);
    expect(ran).toEqual([-1]);
    await clock.advance(5_000);
    expect(ran).toHaveLength(5);
    expect(Math.min(...ran.slice(1))).toBeGreaterThanOrEqual(8_000);
  });
});

describe('with the job store out of reach', () => {
  it('jobs with a limit wait, none is lost, and it is told when it begins and ends', async () => {
    const gauge = new Gauge();
    const { clock, first, faults } = await cluster(
      [{ type: 'pdf:render', options: { attempts: 1 }, run: gauge.run }],
      { queues: { pdf: { maxConcurrent: 2 } }, worker: { concurrency: 4 } },
    );
    faults.isAway = true;
    await enqueue(first, 'pdf:render', 8);
    await clock.advance(60_000);
    expect(gauge.running).toBe(0);
    expect(first.recorder.all('limitsUnknown')).toHaveLength(1);
    expect(first.lines('warn').filter((line) => line.includes('limits over all workers'))).toHaveLength(1);
    faults.isAway = false;
    for (let ended = 0; ended < 8; ended += 1) {
      await clock.advance(30_000);
      expect(gauge.most).toBeLessThanOrEqual(2);
      gauge.endOne();
    }
    await clock.advance(1_000);
    expect(gauge.ran).toBe(8);
    expect(first.recorder.all('limitsKnown')).toMatchObject([{ letIn: 0 }]);
    expect(first.recorder.all('limitsKnown')[0]!.putOff).toBeGreaterThan(0);
    expect(first.recorder.all('failed')).toEqual([]);
  });

  it("jobs run without their limits where they say limitsOnStoreDown: 'allow'", async () => {
    const gauge = new Gauge();
    const { clock, first, faults } = await cluster([{ type: 'pdf:render', run: gauge.run }], {
      queues: { pdf: { maxConcurrent: 2, limitsOnStoreDown: 'allow' } },
    });
    await enqueue(first, 'pdf:render', 6);
    await clock.advance(10);
    expect(gauge.running).toBe(2);
    faults.isAway = true;
    await clock.advance(5_000);
    expect(gauge.running).toBe(6);
    faults.isAway = false;
    await enqueue(first, 'pdf:render', 1);
    await clock.advance(15_000);
    expect(first.recorder.all('limitsKnown')).toMatchObject([{ letIn: 4, putOff: 0 }]);
  });
});
