import { WarrenError } from '../kernel/errors/index.js';
import type { ScheduleOptions } from '../options/schedule.js';
import type { CodeSchedule } from '../schedules/definition.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { flakyStore, type StoreFaults } from '../testing/flaky-store.js';
import { startHarness, type Harness, type HarnessHandler, type HarnessSetup } from '../testing/harness.js';
import { ManualClock, settled } from '../testing/manual-clock.js';

/** Schedules in one process: what their occurrences become. */

const MINUTE = 60_000;

let clock: ManualClock;
let memory: MemoryJobStore;
let faults: StoreFaults;
let harness: Harness;
/** Occurrences that ran, as `12:00:00`, and payloads. */
let ran: string[];
let payloads: unknown[];

async function start(setup: HarnessSetup = {}, run: HarnessHandler['run'] = () => undefined): Promise<void> {
  clock = new ManualClock(Date.parse('2026-01-05T08:00:00.250Z'));
  memory = new MemoryJobStore({ clock });
  faults = { isAway: false, calls: [] };
  ran = [];
  payloads = [];
  harness = await startHarness({
    clock,
    handlers: [
      {
        type: 'report:',
        run: (payload, job) => {
          ran.push(String(job.headers['occurrence']).slice(11, 19));
          payloads.push(payload);
          return run(payload, job);
        },
      },
    ],
    ...setup,
    options: { store: flakyStore(memory, faults), ...setup.options },
  });
  await settled();
}

function upsert(options: Partial<ScheduleOptions>, name = 'nightly') {
  return harness.jobs.schedules.upsert(name, { job: 'report:new', ...options });
}

function declared(options: Partial<ScheduleOptions>, rest: Partial<CodeSchedule> = {}): CodeSchedule {
  return { name: 'nightly', place: 'Reports.nightly', options: { job: 'report:new', ...options }, ...rest };
}

afterEach(() => harness.close());

describe('a schedule', () => {
  it('makes one job at each occurrence, with its payload, tags and headers, under the id of the occurrence', async () => {
    await start();
    await upsert({
      cron: '5,10 9 * * 1-5',
      tz: 'Europe/Paris',
      payload: { kind: 'full' },
      enqueue: { tags: ['a'], attempts: 2 },
    });
    await clock.advance(12 * MINUTE);
    expect(ran).toEqual(['08:05:00', '08:10:00']);
    const job = await harness.jobs.get('nightly@2026-01-05T08:05:00.000Z');
    expect(job).toMatchObject({
      type: 'report:new',
      payload: { kind: 'full' },
      tags: ['a', 'schedule:nightly'],
      maxAttempts: 2,
    });
    expect((await harness.jobs.find({ tag: 'schedule:nightly' })).jobs).toHaveLength(2);
    expect(await harness.jobs.schedules.get('nightly')).toMatchObject({
      fired: 2,
      lastJob: { id: 'nightly@2026-01-05T08:10:00.000Z', at: new Date('2026-01-05T08:10:00Z') },
      next: new Date('2026-01-06T08:05:00Z'),
    });
  });

  it('fires to the millisecond, and not before', async () => {
    await start();
    await upsert({ every: '1m' });
    await clock.advance(MINUTE - 251);
    expect(harness.recorder.all('enqueued')).toHaveLength(0);
    await clock.advance(1);
    expect(harness.recorder.all('enqueued')).toMatchObject([{ at: Date.parse('2026-01-05T08:01:00Z') }]);
  });

  it('does nothing with timers while there is none', async () => {
    await start();
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends with its limit and with endAt', async () => {
    await start();
    await upsert({ every: '1m', limit: 3 }, 'limited');
    await upsert({ every: '1m', endAt: new Date('2026-01-05T08:02:00Z') }, 'ending');
    await clock.advance(10 * MINUTE);
    expect([...ran].sort()).toEqual(['08:01:00', '08:01:00', '08:02:00', '08:02:00', '08:03:00']);
    const views = await harness.jobs.schedules.list();
    expect(views.map(({ name, fired, next }) => [name, fired, next])).toEqual([
      ['ending', 2, undefined],
      ['limited', 3, undefined],
    ]);
    await upsert({ every: '1m', limit: 4 }, 'limited');
    await clock.advance(MINUTE);
    expect(ran).toHaveLength(6);
  });

  it('makes its jobs due later by a random part of its jitter', async () => {
    await start();
    await upsert({ every: '1m', jitter: '1m', limit: 20 });
    await clock.advance(21 * MINUTE);
    const late = harness.recorder.all('enqueued').map(({ at, notBefore }) => (notBefore ?? at) - at);
    expect(late).toHaveLength(20);
    expect(Math.max(...late)).toBeLessThanOrEqual(MINUTE);
    expect(new Set(late).size).toBeGreaterThan(15);
  });

  it('gives each job the deadline that counts from its occurrence', async () => {
    const deadlines: Array<Date | undefined> = [];
    await start({}, (_payload, job) => void deadlines.push(job.deadline));
    await upsert({ every: '1m', deadline: '10m' });
    await clock.advance(MINUTE);
    expect(deadlines).toEqual([new Date('2026-01-05T08:11:00Z')]);
  });

  it('neither runs nor is caught up while it is paused, and goes on after that', async () => {
    await start();
    await upsert({ every: '1m', missed: 'all' });
    await clock.advance(MINUTE);
    expect(await harness.jobs.schedules.pause('nightly')).toMatchObject({ pausedAt: new Date(clock.now()) });
    await clock.advance(10 * MINUTE);
    expect(ran).toEqual(['08:01:00']);
    expect(await harness.jobs.schedules.resume('nightly')).toMatchObject({ pausedAt: undefined });
    await clock.advance(MINUTE);
    expect(ran).toEqual(['08:01:00', '08:12:00']);
  });

  it('can be triggered, also while it is paused, which counts as no occurrence', async () => {
    await start();
    await upsert({ every: '1h', limit: 1, payload: 'x' });
    await harness.jobs.schedules.pause('nightly');
    const ref = await harness.jobs.schedules.trigger('nightly');
    await harness.recorder.next('completed');
    expect(payloads).toEqual(['x']);
    expect(ref.id).not.toContain('nightly@');
    expect(await harness.jobs.schedules.get('nightly')).toMatchObject({ fired: 0, lastJob: undefined });
  });

  it('is gone when it is removed, with its jobs left as they are', async () => {
    await start();
    await upsert({ every: '1m' });
    await clock.advance(MINUTE);
    expect(await harness.jobs.schedules.remove('nightly')).toBe(true);
    expect(await harness.jobs.schedules.remove('nightly')).toBe(false);
    await clock.advance(10 * MINUTE);
    expect(ran).toEqual(['08:01:00']);
    expect(await harness.jobs.schedules.list()).toEqual([]);
    await expect(harness.jobs.schedules.next('nightly')).rejects.toMatchObject({
      code: 'WARREN_SCHEDULE_NOT_FOUND',
    });
  });

  it('begins anew when its timing changes, and goes on when anything else does', async () => {
    await start();
    await upsert({ every: '1m' });
    await clock.advance(5 * MINUTE);
    expect(await upsert({ every: '1m', payload: 'new' })).toMatchObject({ fired: 5, payload: 'new' });
    expect(await upsert({ every: '1h' })).toMatchObject({ fired: 0, next: new Date('2026-01-05T09:00:00Z') });
    await clock.advance(10 * MINUTE);
    expect(ran).toHaveLength(5);
  });

  it('tells its next occurrences', async () => {
    await start();
    await upsert({ cron: '0 9 * * 1-5', tz: 'Europe/Paris', limit: 3 });
    const next = await harness.jobs.schedules.next('nightly', 10);
    expect(next.map((at) => at.toISOString())).toEqual(
      ['2026-01-06T08:00:00.000Z', '2026-01-07T08:00:00.000Z', '2026-01-08T08:00:00.000Z'].map(
        (text, index) => (index < 0 ? text : text),
      ),
    );
    await expect(harness.jobs.schedules.next('nightly', 0)).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
    });
  });

  it('makes each occurrence once when the clock is set back', async () => {
    await start();
    await upsert({ every: '1m' });
    await clock.advance(3 * MINUTE);
    clock.setBy(-2 * MINUTE);
    await clock.advance(4 * MINUTE);
    expect(ran).toEqual(['08:01:00', '08:02:00', '08:03:00', '08:04:00', '08:05:00']);
  });
});

describe('a schedule in code', () => {
  it('is declared at boot, and makes its payload at each occurrence', async () => {
    const compute = ({ schedule, at }: { readonly schedule: string; readonly at: Date }) =>
      Promise.resolve(`${schedule} of ${at.toISOString().slice(11, 16)}`);
    await start({ schedules: [declared({ every: '1m' }, { compute })] });
    await clock.advance(2 * MINUTE);
    expect(payloads).toEqual(['nightly of 08:01', 'nightly of 08:02']);
    expect(await harness.jobs.schedules.get('nightly')).toMatchObject({
      origin: 'code',
      isPayloadComputed: true,
    });
  });

  it('passes over an occurrence whose payload function throws, and says so', async () => {
    let calls = 0;
    const compute = () => {
      if ((calls += 1) === 1) throw new Error('no database');
      return calls;
    };
    await start({ schedules: [declared({ every: '1m' }, { compute })] });
    await clock.advance(MINUTE);
    expect(await harness.jobs.schedules.get('nightly')).toMatchObject({
      fired: 0,
      error: 'Error: no database',
    });
    expect(harness.lines('error')).toEqual([
      expect.stringMatching(/^Schedule nightly: no job was made .*no database/),
    ]);
    await clock.advance(MINUTE);
    expect(payloads).toEqual([2]);
    expect(await harness.jobs.schedules.get('nightly')).toMatchObject({ fired: 1, error: undefined });
  });

  it('cannot be changed or removed at run time, but paused and triggered', async () => {
    await start({ schedules: [declared({ every: '1m' })] });
    const refused = { code: 'WARREN_SCHEDULE_IN_CODE' };
    await expect(upsert({ every: '2m' })).rejects.toMatchObject(refused);
    await expect(harness.jobs.schedules.remove('nightly')).rejects.toMatchObject(refused);
    await harness.jobs.schedules.pause('nightly');
    await harness.jobs.schedules.trigger('nightly');
    await harness.recorder.next('completed');
    await clock.advance(10 * MINUTE);
    expect(ran).toHaveLength(1);
  });

  it('takes the place of one of its name that was put at run time', async () => {
    await start();
    await upsert({ every: '1h' });
    const other = await harness.another({
      options: { store: memory.connect() },
      schedules: [declared({ every: '1m' })],
    });
    await settled();
    expect(other.lines('warn')).toEqual([
      expect.stringMatching(/nightly was put at run time; .* Reports\.nightly/),
    ]);
    expect(await harness.jobs.schedules.get('nightly')).toMatchObject({ origin: 'code', every: MINUTE });
  });

  it('is removed when no process has had it for the grace time', async () => {
    await start({ options: { schedules: { removeAfter: '5m' } } });
    await upsert({ every: '10m' }, 'runtime');
    const at = clock.now();
    const timing = '{"everyMs":600000}';
    const body = '{"type":"report:new","jitterMs":0,"missed":"once","overlap":"allow"}';
    await memory.schedules.put({ name: 'gone', origin: 'code', timing, body, at });
    await clock.advance(4 * MINUTE);
    expect((await harness.jobs.schedules.list()).map(({ name }) => name)).toEqual(['gone', 'runtime']);
    await clock.advance(6 * MINUTE);
    expect((await harness.jobs.schedules.list()).map(({ name }) => name)).toEqual(['runtime']);
    expect(harness.lines('info')).toContain("Schedule gone is removed: it is in no process's code any more.");
  });

  it('stays for as long as a process has it', async () => {
    await start({ options: { schedules: { removeAfter: '2m' } }, schedules: [declared({ every: '1m' })] });
    await clock.advance(10 * MINUTE);
    expect(ran).toHaveLength(10);
    expect(await harness.jobs.schedules.list()).toHaveLength(1);
  });

  it.each([
    [
      'two of one name',
      [declared({ every: '1m' }), declared({ every: '2m' }, { place: 'Other.method' })],
      {},
      /Other\.method: @Scheduled: Reports\.nightly declares a schedule 'nightly', too/,
    ],
    [
      'no store',
      [declared({ every: '1m' })],
      { store: false },
      /Reports\.nightly: @Scheduled: schedules need a job store/,
    ],
    [
      'cron text that never fires',
      [declared({ cron: '0 0 30 2 *' })],
      {},
      /Reports\.nightly: @Scheduled: option cron: .* never fires/,
    ],
  ] as const)('is refused at boot: %s', async (_what, schedules, options, message) => {
    await start();
    await expect(
      harness.another({ schedules, options: { store: memory.connect(), ...options } }),
    ).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(message) as string,
    });
  });

  it('is not declared by a process with schedules: false', async () => {
    await start({ options: { schedules: false }, schedules: [declared({ every: '1m' })] });
    await clock.advance(10 * MINUTE);
    expect(await harness.jobs.schedules.list()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('an occurrence while the job before has not ended', () => {
  /** Jobs take 150 s, occurrences come each minute. */
  const slow: HarnessHandler['run'] = (_payload, job) =>
    new Promise<void>((resolve, reject) => {
      job.signal.addEventListener('abort', () => reject(job.signal.reason as Error));
      clock.setTimer(150_000, resolve);
    });

  it('is made all the same with allow', async () => {
    await start({}, slow);
    await upsert({ every: '1m', limit: 4 });
    await clock.advance(10 * MINUTE);
    expect(ran).toEqual(['08:01:00', '08:02:00', '08:03:00', '08:04:00']);
  });

  it('is skipped with skip', async () => {
    await start({}, slow);
    await upsert({ every: '1m', overlap: 'skip' });
    await clock.advance(7 * MINUTE);
    expect(ran).toEqual(['08:01:00', '08:04:00', '08:07:00']);
    expect(harness.lines('info')).toContain(
      'Schedule nightly: the occurrence of 2026-01-05T08:02:00.000Z is skipped, as job nightly@2026-01-05T08:01:00.000Z has not ended.',
    );
  });

  it('waits for its end with buffer-one, and further ones are skipped', async () => {
    await start({}, slow);
    await upsert({ every: '1m', overlap: 'buffer-one' });
    await clock.advance(2 * MINUTE);
    expect(await harness.jobs.schedules.get('nightly')).toMatchObject({
      bufferedAt: new Date('2026-01-05T08:02:00Z'),
    });
    await clock.advance(4 * MINUTE);
    // The first ends at 08:03:30, and that of 08:02 runs until 08:06; that of 08:04 waits for it.
    expect(ran).toEqual(['08:01:00', '08:02:00', '08:04:00']);
  });

  it('ends it with cancel-previous', async () => {
    await start({}, slow);
    await upsert({ every: '1m', overlap: 'cancel-previous', limit: 2 });
    await clock.advance(6 * MINUTE);
    expect(ran).toEqual(['08:01:00', '08:02:00']);
    expect(await harness.jobs.get('nightly@2026-01-05T08:01:00.000Z')).toMatchObject({
      state: 'cancelled',
      cancellation: { by: 'schedule', reason: 'the next occurrence of schedule nightly is due' },
    });
    expect(await harness.jobs.get('nightly@2026-01-05T08:02:00.000Z')).toMatchObject({ state: 'completed' });
  });
});

describe('a schedule whose job cannot be enqueued', () => {
  it('is tried again until the broker takes it, under the same id', async () => {
    await start();
    await upsert({ every: '1m', limit: 1 });
    // The broker has it the first time, although nobody is told so; three tries more fail.
    harness.faults.loseConfirms(1, new WarrenError('WARREN_PUBLISH_TIMEOUT', 'no confirm'));
    await clock.advance(MINUTE);
    harness.faults.failPublishes(3, new WarrenError('WARREN_NOT_CONNECTED', 'no broker'));
    await clock.advance(20_000);
    expect(harness.faults.outstanding).toBe(0);
    expect(harness.lines('warn').filter((line) => line.includes('is tried again'))).toHaveLength(2);
    expect(ran).toEqual(['08:01:00']);
    expect(await harness.jobs.schedules.get('nightly')).toMatchObject({ fired: 1 });
  });
});

describe('what is wrong with a schedule', () => {
  it.each([
    ['neither cron nor every', {}, /option cron: it is missing/],
    ['both', { cron: '* * * * *', every: '1m' }, /option every: it excludes cron/],
    ['no job', { cron: '* * * * *', job: undefined }, /option job: it is missing/],
    [
      'a job of no type',
      { cron: '* * * * *', job: 'no type' },
      /enqueue\("no type"\): a job type is made of/,
    ],
    ['an interval below a second', { every: 10 }, /option every: 10 is not a duration/],
    ['an interval that is no number', { every: NaN }, /option every: NaN is not a duration/],
    ['a limit of 0', { every: '1m', limit: 0 }, /option limit: 0 is not a whole number of at least 1/],
    [
      '10,000 characters of cron text',
      { cron: '* '.repeat(5_000) },
      /option cron: "\* .{50,70}…" is not cron text of 1 to 250 characters\. It has 10000 characters\.$/,
    ],
    [
      'seconds beyond the range',
      { cron: '61 * * * * *' },
      /option cron: "61 \* \* \* \* \*" is no cron text/,
    ],
    ['an unknown zone', { cron: '* * * * *', tz: 'Paris' }, /option tz: 'Paris' is no time zone/],
    ['a zone for an interval', { every: '1m', tz: 'UTC' }, /option tz: every counts time/],
    [
      'an end before the start',
      { every: '1m', startAt: new Date(2), endAt: new Date(1) },
      /option endAt: it is before startAt/,
    ],
    ['an unknown overlap', { every: '1m', overlap: 'maybe' }, /option overlap: "maybe" is not 'skip' or/],
    ['a function as payload', { every: '1m', payload: () => 1 }, /option payload: a function cannot be kept/],
    ['a payload that is no JSON', { every: '1m', payload: 1n }, /option payload: /],
    ['an unknown option', { every: '1m', timezone: 'UTC' }, /option timezone: there is no such option/],
    [
      'an enqueue option that the schedule decides',
      { every: '1m', enqueue: { delay: '1s' } },
      /option enqueue\.delay: there is no such option/,
    ],
    [
      'a queue that is not listed',
      { every: '1m', enqueue: { queue: 'elsewhere' } },
      /queue 'elsewhere' is not listed/,
    ],
  ])('%s', async (_what, options, message) => {
    await start();
    const put = harness.jobs.schedules.upsert('nightly', {
      job: 'report:new',
      ...options,
    } as ScheduleOptions);
    await expect(put).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(message) as string,
    });
    expect(await harness.jobs.schedules.list()).toEqual([]);
  });

  it.each([[''], ['a b'], ['x'.repeat(121)], ['a/b'], [undefined]])('the name %j', async (name) => {
    await start();
    const { schedules } = harness.jobs;
    const refused = {
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(/is no name of a schedule/) as string,
    };
    await expect(schedules.upsert(name as string, { job: 'report:new', every: '1m' })).rejects.toMatchObject(
      refused,
    );
    await expect(schedules.get(name as string)).rejects.toMatchObject(refused);
  });

  it('is told of a store that has no schedules', async () => {
    await start();
    const { records, kind } = memory;
    const bare = {
      kind,
      records,
      start: async () => undefined,
      status: () => memory.status(),
      close: async () => undefined,
    };
    const other = await harness.another({ options: { store: bare } });
    await expect(other.jobs.schedules.list()).rejects.toMatchObject({
      code: 'WARREN_NO_STORE',
      message: expect.stringMatching(/facet 'schedules', which the job store given \(memory\)/) as string,
    });
    const none = await harness.another({ options: { store: false } });
    await expect(none.jobs.schedules.list()).rejects.toMatchObject({ code: 'WARREN_NO_STORE' });
  });
});
