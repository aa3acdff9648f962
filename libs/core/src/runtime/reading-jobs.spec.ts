import type { JobStore } from '../ports/job-store.js';
import { defineJob } from '../job/definition.js';
import { silentLogger } from '../kernel/logger.js';
import { NonRetryableJobError } from '../kernel/errors/index.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { ManualClock, settled } from '../testing/manual-clock.js';
import { Warren } from './warren.js';

const clock = new ManualClock();
let store: MemoryJobStore;
let harness: Harness;

beforeEach(async () => {
  store = new MemoryJobStore({ clock });
  harness = await startHarness({
    clock,
    handlers: [
      {
        type: 'email:',
        run: (payload) => {
          if (payload === 'bad') throw new NonRetryableJobError('never');
          return { sent: payload };
        },
      },
    ],
    options: { store },
  });
});
afterEach(() => harness.close());

describe('waiting for the result of a job', () => {
  it('gives it when the job ends, also to those who come later', async () => {
    const ref = await harness.jobs.enqueue('email:new', 'a', { delay: '10s' });
    const waiting = Promise.all([ref.result(), harness.jobs.result(ref.id)]);
    await clock.advance(10_000);
    expect(await waiting).toEqual([{ sent: 'a' }, { sent: 'a' }]);
    expect(await ref.result()).toEqual({ sent: 'a' });
  });

  it('looks at the job when it is told to, not at intervals', async () => {
    let looks = 0;
    const get = store.reads.get.bind(store.reads);
    store.reads.get = (ids) => {
      looks += 1;
      return get(ids);
    };
    const waiting = harness.jobs.enqueueAndWait('email:new', 'a', { delay: '20s' });
    await clock.advance(20_000);
    await waiting;
    expect(looks).toBe(2);
  });

  it.each([
    [
      'that failed',
      'WARREN_JOB_FAILED',
      /failed \(terminated\).*never/,
      () => harness.jobs.enqueue('email:new', 'bad', { id: 'j' }),
    ],
    ['that nobody knows', 'WARREN_JOB_NOT_FOUND', /does not know job "j"/, () => undefined],
  ])('throws for a job %s', async (_what, code, message, prepare) => {
    await prepare();
    await expect(harness.jobs.result('j')).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  it('throws for a job that is cancelled or discarded meanwhile', async () => {
    const keep = { ms: 3_600_000, count: undefined };
    for (const id of ['c', 'd']) await harness.jobs.enqueue('email:new', 1, { id, delay: '1h' });
    const cancelled = expect(harness.jobs.result('c')).rejects.toMatchObject({
      code: 'WARREN_JOB_CANCELLED',
    });
    const discarded = expect(harness.jobs.result('d')).rejects.toMatchObject({
      code: 'WARREN_JOB_NOT_FOUND',
    });
    await settled();
    await store.records.cancel('c', { at: clock.now(), reason: 'no', by: 'test' }, keep);
    await store.records.discard('d', 3_600_000);
    await cancelled;
    await discarded;
  });

  it('ends at its timeout or with its signal, and leaves the job and no timer', async () => {
    const ref = await harness.jobs.enqueue('email:new', 'a', { delay: '1h' });
    const timers = clock.pendingTimers;
    const late = expect(ref.result({ timeout: '5s' })).rejects.toMatchObject({
      code: 'WARREN_RESULT_TIMEOUT',
      details: { id: ref.id, state: 'scheduled' },
    });
    const controller = new AbortController();
    const stop = new Error('the client has gone');
    const aborted = expect(ref.result({ timeout: false, signal: controller.signal })).rejects.toBe(stop);
    await settled();
    controller.abort(stop);
    await aborted;
    await clock.advance(5_000);
    await late;
    expect(clock.pendingTimers).toBe(timers);
    expect(await ref.state()).toBe('scheduled');
  });

  it('waits a moment for the record of a job that was enqueued under its key just now', async () => {
    const unique = { key: 'k' };
    await store.unique.reserve('email:new/k', 'first', 60_000);
    const ref = await harness.jobs.enqueue('email:new', 'a', { unique });
    expect(ref).toMatchObject({ id: 'first', deduplicated: true });
    const waiting = [ref.result(), harness.jobs.enqueueAndWait('email:new', 'a', { unique })];
    await clock.advance(1_500);
    await harness.jobs.enqueue('email:new', 'a', { id: 'first' });
    await clock.advance(100);
    expect(await Promise.all(waiting)).toEqual([{ sent: 'a' }, { sent: 'a' }]);
  });

  it('does not find one whose record never comes, and leaves no timer', async () => {
    await store.unique.reserve('email:new/k', 'first', 60_000);
    const ref = await harness.jobs.enqueue('email:new', 'a', { unique: { key: 'k' } });
    const timers = clock.pendingTimers;
    const lost = expect(ref.result()).rejects.toMatchObject({ code: 'WARREN_JOB_NOT_FOUND' });
    await clock.advance(2_000);
    await lost;
    expect(clock.pendingTimers).toBe(timers);
  });

  it.each(['none', 'failures'] as const)('refuses a job of track %s before it is there', async (track) => {
    const quiet = defineJob()('email:quiet', { track });
    const said = new RegExp(`enqueueAndWait\\('email:quiet'\\).*option track is '${track}'`);
    await expect(harness.jobs.enqueueAndWait(quiet, undefined)).rejects.toThrow(said);
    const ref = await harness.jobs.enqueue(quiet, undefined);
    expect(harness.recorder.all('enqueued')).toHaveLength(1);
    await expect(ref.result()).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringContaining("JobRef.result() of 'email:quiet'") as string,
    });
    expect(await ref.state()).toBeUndefined();
  });

  it('refuses a wait that cannot be before the job is there', async () => {
    const wrong = harness.jobs.enqueueAndWait('email:new', 1, {}, { timeout: 'soon' } as never);
    await expect(wrong).rejects.toThrow(/jobs\.enqueueAndWait: option timeout: "soon"/);
    const other = await harness.another({ options: { store: false } });
    await expect(other.jobs.enqueueAndWait('email:new', 1)).rejects.toMatchObject({
      code: 'WARREN_NO_STORE',
    });
    expect(harness.recorder.all('enqueued')).toEqual([]);
    expect(other.recorder.all('enqueued')).toEqual([]);
  });

  it.each([
    ['a timeout that is none', { timeout: 'soon' }, /jobs\.result: option timeout: "soon"/],
    ['an option that is none', { timout: 1 }, /Did you mean 'timeout'/],
  ])('refuses %s', async (_what, options, message) => {
    await expect(harness.jobs.result('j', options as never)).rejects.toThrow(message);
  });
});

describe('finding jobs', () => {
  it('goes by tag, state, type and time, page by page', async () => {
    for (let index = 0; index < 5; index += 1) {
      await harness.jobs.enqueue(`email:${index}`, index, {
        tags: index % 2 === 0 ? ['even'] : [],
        id: `${index}`,
      });
      await clock.advance(1_000);
    }
    const first = await harness.jobs.find({ state: ['completed'], type: 'email:' }, { limit: 2 });
    expect(first.jobs.map(({ id }) => id)).toEqual(['4', '3']);
    const second = await harness.jobs.find(
      { state: 'completed', type: 'email:' },
      { limit: 10, cursor: first.next! },
    );
    expect(second.jobs.map(({ id }) => id)).toEqual(['2', '1', '0']);
    const even = await harness.jobs.find({ tag: 'even', createdAfter: new Date(clock.now() - 4_000) });
    expect(even.jobs.map(({ id, payload }) => [id, payload])).toEqual([
      ['4', 4],
      ['2', 2],
    ]);
    expect((await harness.jobs.counts()).queues['email']).toMatchObject({ completed: 5, failed: 0 });
  });

  it.each([
    ['a state that is none', { state: 'done' }, {}, 'WARREN_CONFIGURATION'],
    ['a page that is too long', {}, { limit: 1_001 }, 'WARREN_CONFIGURATION'],
    ['a cursor made up by hand', {}, { cursor: 'abc' }, 'WARREN_BAD_CURSOR'],
  ])('refuses %s', async (_what, query, page, code) => {
    await expect(harness.jobs.find(query as never, page)).rejects.toMatchObject({ code });
  });

  it('knows no job of an id that is none', async () => {
    expect(await harness.jobs.get('')).toBeUndefined();
    expect(await harness.jobs.get('x'.repeat(300))).toBeUndefined();
  });
});

describe('the store of a connection', () => {
  const made: Warren[] = [];
  const lines: string[] = [];
  const warren = (options: object, production = false) => {
    const logger = { ...silentLogger, info: (line: string) => void lines.push(line) };
    const one = new Warren({ options, logger, clock, environment: { production } });
    made.push(one);
    return one;
  };
  afterEach(async () => {
    for (const one of made.splice(0)) await one.close();
    lines.length = 0;
  });

  it('is one in memory beside the broker in memory, with one line that says so', async () => {
    const one = warren({ worker: false });
    await one.start();
    const { id } = await one.jobs.enqueue('email:new', 1);
    expect(await one.jobs.get(id)).toMatchObject({ state: 'queued' });
    expect(lines.filter((line) => line.startsWith('No job store given'))).toHaveLength(1);
  });

  it('is missing where it was taken away: reading says what to give', async () => {
    const one = warren({ worker: false, store: false });
    await one.start();
    const ref = await one.jobs.enqueue('email:new', 1);
    expect(one.jobs.store).toBeUndefined();
    for (const read of [
      one.jobs.get(ref.id),
      ref.state(),
      ref.result(),
      one.jobs.find(),
      one.jobs.counts(),
    ]) {
      await expect(read).rejects.toMatchObject({ code: 'WARREN_NO_STORE' });
    }
  });

  it('may lack the facet that a feature needs: the error names both', async () => {
    const { records } = store;
    const port: JobStore = {
      kind: 'half',
      records,
      start: async () => undefined,
      status: () => ({ state: 'up', text: 'half a store' }),
      close: async () => undefined,
    };
    const one = warren({ worker: false, store: port });
    await one.start();
    await expect(one.jobs.get('j')).rejects.toThrow(
      "jobs.get needs the facet 'reads', which the job store given (half)",
    );
    expect(lines).toContainEqual(expect.stringMatching(/half a store; it has no facet 'reads', so that/));
  });

  it('in memory is refused in production unless that is allowed', () => {
    const broker = { url: 'amqp://localhost' };
    expect(() => warren({ ...broker, store }, true)).toThrow(/the option store is one in memory/);
    expect(() => warren({ ...broker, store, allowInMemory: true }, true)).not.toThrow();
  });

  it.each([
    ['no store', {}, /store: an object is not a job store/],
    ['a URL', 'redis://localhost', /store: "redis:\/\/localhost" is not a job store/],
  ])('refuses %s', (_what, given, message) => {
    expect(() => warren({ store: given })).toThrow(message);
  });
});
