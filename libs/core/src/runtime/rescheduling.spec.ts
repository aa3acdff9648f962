import { fixed } from '../kernel/backoff.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { ManualClock } from '../testing/manual-clock.js';

const DAY_MS = 86_400_000;

let clock: ManualClock;
let store: MemoryJobStore;
let harness: Harness;
let ran: number[];

async function start(failures = 0): Promise<void> {
  clock = new ManualClock();
  store = new MemoryJobStore({ clock });
  ran = [];
  const run = (): void => {
    ran.push(clock.now());
    if (ran.length <= failures) throw new Error('not yet');
  };
  const options = { backoff: fixed('1h', { jitter: 'none' }) };
  harness = await startHarness({
    clock,
    handlers: [{ type: 'email:new', options, run }],
    options: { store },
  });
}

const enqueue = (options: object) => harness.jobs.enqueue('email:new', {}, { id: 'a', ...options });

afterEach(() => harness.close());

describe('jobs.reschedule', () => {
  it('moves a job to a later time, at which it runs once', async () => {
    await start();
    await enqueue({ delay: '1m' });
    const at = new Date(clock.now() + 3_600_000);
    expect(await harness.jobs.reschedule('a', at)).toMatchObject({ state: 'scheduled', dueAt: at });
    await clock.advance(3_599_000);
    expect(ran).toEqual([]);
    await clock.advance(2_000);
    expect(ran).toEqual([at.getTime()]);
    expect(await harness.jobs.get('a')).toMatchObject({ state: 'completed', attempt: 1 });
  });

  it('moves one to an earlier time, by a duration from now; its old message leaves unseen', async () => {
    await start();
    await enqueue({ delay: '2h' });
    await harness.jobs.reschedule('a', '1m');
    await clock.advance(61_000);
    expect(ran).toHaveLength(1);
    await clock.advance(3 * 3_600_000);
    expect(ran).toHaveLength(1);
  });

  it('moves one up to a year ahead', async () => {
    await start();
    await enqueue({ delay: '1m' });
    const at = new Date(clock.now() + 365 * DAY_MS);
    expect((await harness.jobs.reschedule('a', at)).dueAt).toEqual(at);
    await clock.advance(364 * DAY_MS);
    expect(ran).toEqual([]);
    await clock.advance(DAY_MS + 1_000);
    expect(ran).toHaveLength(1);
  });

  it('makes one due now whose new time has passed', async () => {
    await start();
    await enqueue({ delay: '1h' });
    expect(await harness.jobs.reschedule('a', new Date(clock.now() - 1))).toMatchObject({ state: 'queued' });
    await clock.advance(10);
    expect(ran).toHaveLength(1);
  });

  it('moves the next attempt of one that failed, which keeps its count', async () => {
    await start(1);
    await enqueue({});
    await clock.advance(1_000);
    expect(await harness.jobs.get('a')).toMatchObject({ state: 'retrying', attempt: 1 });
    await harness.jobs.reschedule('a', '5m');
    await clock.advance(301_000);
    expect(ran).toHaveLength(2);
    expect(await harness.jobs.get('a')).toMatchObject({ state: 'completed', attempt: 2 });
  });

  it('keeps the unique key of the job for the new time', async () => {
    await start();
    await enqueue({ delay: '1m', unique: { key: 'k' } });
    await harness.jobs.reschedule('a', '10d');
    await clock.advance(9 * DAY_MS);
    const second = await harness.jobs.enqueue('email:new', {}, { unique: { key: 'k' } });
    expect([second.id, second.deduplicated]).toEqual(['a', true]);
  });

  it('is refused for a job in another state, one that is unknown, and what is no time', async () => {
    await start();
    await enqueue({});
    await clock.advance(1_000);
    await expect(harness.jobs.reschedule('a', '1m')).rejects.toMatchObject({
      code: 'WARREN_JOB_STATE',
      message: expect.stringMatching(/completed, and only a job that is scheduled or retrying/) as string,
    });
    await expect(harness.jobs.reschedule('nobody', '1m')).rejects.toMatchObject({
      code: 'WARREN_JOB_NOT_FOUND',
    });
    for (const wrong of [new Date(Number.NaN), 'soon', -1, Number.NaN, undefined, null]) {
      await expect(harness.jobs.reschedule('a', wrong as never)).rejects.toMatchObject({
        code: 'WARREN_CONFIGURATION',
      });
    }
  });
});
