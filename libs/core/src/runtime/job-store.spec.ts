import type { JobRecord } from '../ports/job-record.js';
import type { JobStore } from '../ports/job-store.js';
import type { Claim } from '../ports/store-records.js';
import { NonRetryableJobError, SnoozeJobError, WarrenError } from '../kernel/errors/index.js';
import { fixed } from '../kernel/backoff.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { startHarness, type Harness, type HarnessHandler } from '../testing/harness.js';
import { ManualClock, settled } from '../testing/manual-clock.js';
import { until } from '../testing/until.js';

/** A store on the clock of the test, that can be taken away. */
class TestStore {
  readonly memory: MemoryJobStore;
  isAway = false;
  calls = 0;
  readonly port: JobStore;

  constructor(clock: ManualClock) {
    const memory = new MemoryJobStore({ clock });
    this.memory = memory;
    const guarded = <Facet extends object>(facet: Facet): Facet =>
      new Proxy(facet, {
        get: (target, name) => {
          const method = target[name as keyof Facet];
          if (typeof method !== 'function') return method;
          return (...given: unknown[]) => {
            this.calls += 1;
            if (this.isAway) {
              return Promise.reject(new WarrenError('WARREN_STORE_UNAVAILABLE', 'away for the test'));
            }
            return (method as (...args: unknown[]) => unknown).apply(target, given);
          };
        },
      });
    this.port = {
      kind: 'test',
      records: guarded(memory.records),
      reads: guarded(memory.reads),
      unique: memory.unique,
      start: () => memory.start(),
      status: () => memory.status(),
      close: () => memory.close(),
    };
  }

  async record(id: string): Promise<JobRecord | undefined> {
    const [record] = await this.memory.reads.get([id]);
    return record;
  }
}

const clock = new ManualClock();
let store: TestStore;
let harness: Harness;

async function start(
  run: HarnessHandler['run'],
  options: HarnessHandler['options'] = {},
  module: object = {},
): Promise<void> {
  store = new TestStore(clock);
  harness = await startHarness({
    clock,
    handlers: [{ type: 'email:', options: { backoff: fixed('10s', { jitter: 'none' }), ...options }, run }],
    options: { store: store.port, ...module },
  });
}

/** As another program would. */
function publish(text: string, messageId?: string): Promise<void> {
  const message = { type: 'email:new', headers: {}, body: Buffer.from(text), messageId };
  return harness.broker.publish(message, { queue: 'email' });
}

/** What is not acked would come back. */
async function expectNothingLeft(): Promise<void> {
  const told = harness.recorder.moments.length;
  harness.loseConsumers('email');
  await clock.advance(1_000);
  expect(harness.recorder.moments.slice(told)).toEqual([]);
  expect(await harness.broker.stats('email')).toMatchObject({ ready: 0 });
}

afterEach(() => harness.close());

describe('a job with a job store', () => {
  it('is remembered from its enqueue to its result', async () => {
    await start((payload) => ({ sent: payload }), {}, { queues: { email: { priorities: 3 } } });
    const ref = await harness.jobs.enqueue('email:new', { to: 'a' }, { tags: ['x'], priority: 'high' });
    await harness.recorder.next('completed');
    expect(await harness.jobs.get(ref.id)).toMatchObject({
      id: ref.id,
      type: 'email:new',
      queue: 'email',
      state: 'completed',
      payload: { to: 'a' },
      result: { sent: { to: 'a' } },
      resultNotKept: undefined,
      tags: ['x'],
      priority: 2,
      createdAt: new Date(clock.now()),
      attempt: 1,
      maxAttempts: 10,
      attempts: [{ number: 1, outcome: 'completed', startedAt: new Date(clock.now()) }],
    });
  });

  it('is scheduled, then active, with progress and lines, while its handler runs', async () => {
    let finish!: () => void;
    await start(async (_payload, job) => {
      job.progress({ done: 1 });
      job.progress({ done: 2 });
      job.logger.info('half of it');
      await new Promise<void>((resolve) => (finish = resolve));
    });
    const ref = await harness.jobs.enqueue('email:new', 1, { delay: '5s' });
    expect(await ref.state()).toBe('scheduled');
    await clock.advance(5_000);
    await harness.recorder.next('started');
    await clock.advance(200);
    expect(await harness.jobs.get(ref.id)).toMatchObject({
      state: 'active',
      progress: { done: 2 },
      lines: [{ level: 'info', text: 'half of it' }],
      attempt: 1,
    });
    expect(harness.lines('info')).toContainEqual(expect.stringContaining('#1] half of it'));
    finish();
    await harness.recorder.next('completed');
    expect(await ref.state()).toBe('completed');
  });

  it('tells its attempts: one that failed, one that snoozed, one that failed for good', async () => {
    const throws = [new Error('once'), new SnoozeJobError('1m'), new NonRetryableJobError('never')];
    await start(() => {
      throw throws.shift() as Error;
    });
    const { id } = await harness.jobs.enqueue('email:new');
    await harness.recorder.next('retryScheduled');
    expect(await harness.jobs.get(id)).toMatchObject({
      state: 'retrying',
      attempt: 1,
      error: { message: 'once' },
    });
    await clock.advance(10_000);
    await harness.recorder.next('snoozed');
    expect(await harness.jobs.get(id)).toMatchObject({ state: 'scheduled', attempt: 1 });
    await clock.advance(60_000);
    await harness.recorder.next('failed');
    expect(await harness.jobs.get(id)).toMatchObject({
      state: 'failed',
      reason: 'terminated',
      attempt: 2,
      attempts: [
        { number: 1, outcome: 'retry', error: { message: 'once' } },
        { number: 2, outcome: 'snoozed' },
        { number: 2, outcome: 'failed', error: { message: 'never' } },
      ],
    });
  });

  it('fails in the store when the broker does not take it', async () => {
    await start(() => undefined, {}, { queues: { email: {} } });
    harness.faults.failPublishes(1, new Error('no room'));
    await expect(harness.jobs.enqueue('email:new', 1, { id: 'j' })).rejects.toThrow('no room');
    expect(await harness.jobs.get('j')).toMatchObject({ state: 'enqueue_failed', payload: 1 });
    await harness.jobs.enqueue('email:new', 2, { id: 'j' });
    await harness.recorder.next('completed');
    expect(await harness.jobs.get('j')).toMatchObject({ state: 'completed' });
  });
});

describe('a message that the store knows more of', () => {
  it('settles again, without a second run, what ended before and was not acked', async () => {
    let runs = 0;
    await start(() => {
      runs += 1;
      if (runs > 1) return 'done';
      harness.faults.failPublishes(1, new Error('no room'));
      throw new Error('once');
    });
    const { id } = await harness.jobs.enqueue('email:new');
    await clock.advance(1_000);
    await harness.recorder.next('settleFailed');
    expect(await harness.recorder.next('retryScheduled')).toMatchObject({
      attempt: 1,
      error: { message: 'once' },
    });
    expect(runs).toBe(1);
    await clock.advance(10_000);
    await harness.recorder.next('completed');
    expect(runs).toBe(2);
    expect((await harness.jobs.get(id))?.attempts.map(({ outcome }) => outcome)).toEqual([
      'retry',
      'completed',
    ]);
  });

  it('keeps the failure history when a failed job is settled again', async () => {
    await start(() => {
      harness.faults.failBuries(1, new Error('no room'));
      throw new NonRetryableJobError('never');
    });
    await harness.jobs.enqueue('email:new', 1, { id: 'j' });
    await clock.advance(1_000);
    await harness.recorder.next('failed');
    const letters = await harness.jobs.deadLetters('email').list();
    expect(letters).toMatchObject([
      { id: 'j', attempts: 1, history: [{ number: 1, error: { message: 'never' } }] },
    ]);
    expect(harness.recorder.all('started')).toHaveLength(1);
  });

  it('leaves, when another copy of its generation runs', async () => {
    let runs = 0;
    await start(() => {
      runs += 1;
      if (runs > 1) return 'done';
      // The retry arrives, the worker hears that it did not, and publishes another.
      harness.faults.loseConfirms(1, new Error('no confirm'));
      throw new Error('once');
    });
    await harness.jobs.enqueue('email:new', 1, { id: 'j' });
    await clock.advance(20_000);
    await harness.recorder.next('completed');
    await harness.recorder.next('duplicate');
    expect(runs).toBe(2);
    expect(harness.recorder.all('completed')).toHaveLength(1);
    await expectNothingLeft();
  });

  it('leaves, when its job was cancelled or discarded while it waited', async () => {
    await start(() => 'ran');
    await harness.jobs.enqueue('email:new', 1, { id: 'c', delay: '1m' });
    await harness.jobs.enqueue('email:new', 1, { id: 'd', delay: '1m' });
    const keep = { ms: 3_600_000, count: undefined };
    await store.memory.records.cancel('c', { at: clock.now(), reason: 'not needed', by: 'test' }, keep);
    await store.memory.records.discard('d', 3_600_000);
    await clock.advance(60_000);
    expect(await harness.recorder.next('duplicate')).toMatchObject({
      jobId: 'c',
      why: 'the job was cancelled',
    });
    expect(await harness.recorder.next('duplicate')).toMatchObject({
      jobId: 'd',
      why: 'the job was discarded',
    });
    expect(harness.recorder.all('started')).toEqual([]);
    await expectNothingLeft();
  });

  it('ends cancelled when its job was cancelled during the run, unless it completes', async () => {
    const runs = new Map<unknown, (error?: Error) => void>();
    await start(
      (name) =>
        new Promise((resolve, reject) => {
          runs.set(name, (error) => (error ? reject(error) : resolve('done')));
        }),
    );
    for (const id of ['fails', 'completes']) {
      await harness.jobs.enqueue('email:new', id, { id });
      await harness.recorder.next('started');
      const keep = { ms: 3_600_000, count: undefined };
      await store.memory.records.cancel(id, { at: clock.now(), reason: undefined, by: undefined }, keep);
    }
    runs.get('fails')!(new Error('aborted'));
    await harness.recorder.next('cancelled');
    runs.get('completes')!();
    await harness.recorder.next('completed');
    expect(await harness.jobs.get('fails')).toMatchObject({ state: 'cancelled' });
    expect(await harness.jobs.get('completes')).toMatchObject({ state: 'completed', result: 'done' });
    expect(harness.recorder.all('retryScheduled')).toEqual([]);
  });

  it('tells of the run that was lost, when it comes again', async () => {
    let runs = 0;
    await start((_payload, job) => {
      runs += 1;
      if (runs > 1) return 'second';
      return new Promise((_resolve, reject) => {
        job.signal.addEventListener('abort', () => reject(new Error('aborted')));
      });
    });
    const { id } = await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started');
    harness.loseConsumers('email');
    await clock.advance(1_000);
    await harness.recorder.next('completed');
    expect(await harness.jobs.get(id)).toMatchObject({
      state: 'completed',
      result: 'second',
      attempt: 1,
      attempts: [
        { number: 1, outcome: 'lost' },
        { number: 1, outcome: 'completed' },
      ],
    });
  });

  it('leaves, and overwrites nothing, when a newer one was claimed during its run', async () => {
    let finish!: () => void;
    await start(() => new Promise<void>((resolve) => (finish = resolve)));
    await harness.jobs.enqueue('email:new', 1, { id: 'j' });
    await harness.recorder.next('started');
    const message = (await store.record('j'))!;
    const at = clock.now();
    const { generation, type, queue } = message;
    // As an operator's retry does, while the old run goes on.
    const claim = {
      id: 'j',
      type,
      queue,
      generation: generation + 1,
      token: 'newer',
      attempt: 1,
      maxAttempts: 3,
    };
    await store.memory.records.claim([
      { ...claim, createdAt: at, at, worker: 'other', timeoutMs: undefined },
    ]);
    finish();
    expect(await harness.recorder.next('duplicate')).toMatchObject({ jobId: 'j' });
    expect(await store.record('j')).toMatchObject({ state: 'active', worker: 'other' });
    expect(harness.recorder.all('completed')).toEqual([]);
  });
});

describe('a run that is not the newest of its message', () => {
  it('is not taken for the end of the message, which may come back here', async () => {
    const finishes: Array<() => void> = [];
    await start(() => new Promise<void>((resolve) => finishes.push(resolve)));
    let claims: readonly Claim[] = [];
    const claim = store.memory.records.claim.bind(store.memory.records);
    store.memory.records.claim = (given) => claim((claims = given));
    // The second copy waits for the end of the first, as a redelivery does.
    harness.faults.duplicatePublishes(1);
    const { id } = await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started');
    await claim(claims.map((mine) => ({ ...mine, worker: 'other' })));
    finishes[0]!();
    await harness.recorder.next('duplicate');
    await harness.recorder.next('started');
    finishes[1]!();
    await harness.recorder.next('completed');
    expect((await harness.jobs.get(id))?.attempts.map(({ outcome }) => outcome)).toEqual([
      'lost',
      'lost',
      'completed',
    ]);
  });
});

describe('a job store that is away', () => {
  it('holds no job up, hears of all when it is back, and says so', async () => {
    await start(() => 'done');
    store.isAway = true;
    const { id } = await harness.jobs.enqueue('email:new', 1);
    await harness.recorder.next('completed');
    await harness.recorder.next('storeDown');
    expect(harness.jobs.store).toMatchObject({
      state: 'down',
      late: 2,
      dropped: 0,
      downSince: new Date(clock.now()),
    });
    await expect(harness.jobs.get(id)).rejects.toMatchObject({ code: 'WARREN_STORE_UNAVAILABLE' });
    store.isAway = false;
    await clock.advance(10_000);
    await harness.recorder.next('storeUp');
    expect(await harness.jobs.get(id)).toMatchObject({ state: 'completed', result: 'done', payload: 1 });
    expect(harness.jobs.store).toMatchObject({ state: 'up', late: 0, downSince: undefined });
    expect(harness.lines('warn')).toContainEqual(expect.stringContaining('The job store is out of reach'));
    expect(harness.lines('info')).toContainEqual(expect.stringContaining('The job store answers again'));
  });

  it('that goes during a run learns of its end later', async () => {
    let finish!: () => void;
    await start(() => new Promise<void>((resolve) => (finish = resolve)));
    const { id } = await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started');
    store.isAway = true;
    finish();
    await harness.recorder.next('completed');
    expect(await store.record(id)).toMatchObject({ state: 'active' });
    store.isAway = false;
    await clock.advance(10_000);
    expect(await harness.jobs.get(id)).toMatchObject({
      state: 'completed',
      attempts: [{ outcome: 'completed' }],
    });
  });

  it('that never answers costs an enqueue and a job the time limit once', async () => {
    await start(() => 'done');
    store.memory.records.enqueued = () => new Promise(() => undefined);
    const enqueued = harness.jobs.enqueue('email:new');
    await clock.advance(2_000);
    await enqueued;
    await harness.jobs.enqueue('email:new');
    await harness.recorder.until(
      (moments) => moments.filter(({ kind }) => kind === 'completed').length === 2,
    );
  });
});

describe('what a handler returns', () => {
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;

  it.each([
    ['a Map', new Map([['a', 1]]), /is a Map/],
    ['a cycle', cyclic, /refers back/],
    ['a BigInt', 1n, /is a BigInt/],
    ['what is too large', 'x'.repeat(2_000), /2002 bytes of JSON, more than 1000 are not kept/],
  ])('and cannot be remembered is replaced by the reason: %s', async (_what, value, why) => {
    await start(() => value, {}, { maxRememberedBytes: 1_000 });
    const ref = await harness.jobs.enqueue('email:new');
    await harness.recorder.next('completed');
    const job = await harness.jobs.get(ref.id);
    expect(job).toMatchObject({ state: 'completed', result: undefined });
    expect(job?.resultNotKept).toMatch(why);
    expect(harness.lines('warn')).toEqual([expect.stringMatching(why)]);
    await expect(ref.result()).rejects.toMatchObject({ code: 'WARREN_RESULT_NOT_KEPT' });
  });

  it('is undefined when that is nothing', async () => {
    await start(() => undefined);
    expect(await harness.jobs.enqueueAndWait('email:new')).toBeUndefined();
  });
});

describe('what is tracked', () => {
  it('is nothing of a type that says none, and the store is not asked', async () => {
    await start(() => 'done', { track: 'none' }, { defaults: { track: 'none' } });
    const { id } = await harness.jobs.enqueue('email:new');
    await harness.recorder.next('completed');
    expect(await store.record(id)).toBeUndefined();
    expect(store.calls).toBe(0);
  });

  it('is what failed for good, of a type that says failures', async () => {
    const throws = [new Error('once'), new NonRetryableJobError('never')];
    await start(
      (fails) => {
        if (fails === true) throw throws.shift() as Error;
      },
      { track: 'failures' },
      { defaults: { track: 'failures' } },
    );
    await harness.jobs.enqueue('email:new', false, { id: 'fine' });
    await harness.jobs.enqueue('email:new', true, { id: 'bad' });
    await clock.advance(10_000);
    await harness.recorder.next('failed');
    expect(await store.record('fine')).toBeUndefined();
    expect(await harness.jobs.get('bad')).toMatchObject({ state: 'failed', error: { message: 'never' } });
  });

  it('is forgotten after its retention, by the end that it came to', async () => {
    await start(
      (fails) => {
        if (fails === true) throw new NonRetryableJobError('never');
      },
      { retention: { completed: { age: '1m' } } },
      { defaults: { retention: { completed: { age: '1h' }, failed: { age: '2h' } } } },
    );
    await harness.jobs.enqueue('email:new', false, { id: 'fine' });
    await harness.jobs.enqueue('email:new', true, { id: 'bad' });
    await harness.recorder.next('failed');
    expect((await harness.jobs.counts()).all).toMatchObject({ completed: 1, failed: 1 });
    await clock.advance(61_000);
    expect(await harness.jobs.get('fine')).toBeUndefined();
    expect(await harness.jobs.get('bad')).toBeDefined();
    await clock.advance(7_200_000);
    expect(await harness.jobs.get('bad')).toBeUndefined();
  });
});

describe('a message of another program', () => {
  it('that is no job has failed as rejected', async () => {
    await start(() => undefined);
    await publish('{"to":', 'odd');
    await harness.recorder.next('refused');
    expect(await store.record('odd')).toMatchObject({
      state: 'failed',
      reason: 'rejected',
      attempts: [],
      error: { message: expect.stringContaining('JSON') as string },
    });
    await expectNothingLeft();
  });

  it('without an id runs, and is not remembered under one that nobody knows', async () => {
    await start(() => undefined);
    await publish('{}');
    await harness.recorder.next('completed');
    expect((await store.memory.reads.find({}, { limit: 10 })).jobs).toEqual([]);
  });
});

describe('shutdown with a job store', () => {
  it('gives back what it cuts, and the store says that it waits again', async () => {
    await start(
      (_payload, job) =>
        new Promise((_resolve, reject) => {
          job.signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
      {},
      { worker: { shutdownTimeout: '1s' } },
    );
    const { id } = await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started');
    const draining = harness.warren.drain();
    await clock.advance(1_000);
    await draining;
    expect(await store.record(id)).toMatchObject({
      state: 'queued',
      attempt: 0,
      attempts: [{ number: 1, outcome: 'interrupted' }],
    });
  });

  it('begins nothing that the store answered too late for', async () => {
    await start(() => 'ran');
    const claim = store.memory.records.claim.bind(store.memory.records);
    let answer!: () => void;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    let isAsked = false;
    store.memory.records.claim = async (claims) => {
      isAsked = true;
      await asked;
      return claim(claims);
    };
    const { id } = await harness.jobs.enqueue('email:new');
    await until(
      () => isAsked,
      () => 'the store is asked',
    );
    const draining = harness.warren.drain();
    await settled();
    answer();
    await draining;
    expect(harness.recorder.all('started')).toEqual([]);
    expect(await store.record(id)).toMatchObject({ state: 'queued', attempts: [] });
    await clock.advance(10);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 1 });
  });
});
