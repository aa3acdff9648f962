import { WarrenError } from '../kernel/errors/index.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { ManualClock } from '../testing/manual-clock.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { changeJobs, selectJobs } from './bulk-jobs.js';

describe('one change to many jobs', () => {
  let harness: Harness | undefined;
  afterEach(async () => {
    await harness?.close();
    harness = undefined;
  });

  it('means the jobs of a query, the oldest first, page by page', async () => {
    const clock = new ManualClock();
    harness = await startHarness({ clock, options: { store: new MemoryJobStore({ clock }) } });
    const { jobs } = harness;
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      ids.push((await jobs.enqueue('email:new', index, { delay: '1h' })).id);
      await harness.clock.advance(10);
    }
    await jobs.enqueue('pdf:make', 1, { delay: '1h' });
    const pages: unknown[] = [];
    const small = {
      find: (query: object | undefined, page: object | undefined) => {
        pages.push(page);
        return jobs.find(query, { ...page, limit: 1 });
      },
    };
    await expect(selectJobs(small, { query: { queue: 'email' } })).resolves.toEqual(ids);
    expect(pages.length).toBeGreaterThan(2);
    await expect(selectJobs(jobs, { all: true })).resolves.toHaveLength(4);
    await expect(selectJobs(jobs, { ids: ['b', 'a', 'b'] })).resolves.toEqual(['b', 'a']);
  });

  it.each([{}, { query: {} }, { query: { queue: undefined } }])(
    '%j means none, and not all',
    async (said) => {
      const none = { find: () => Promise.reject(new Error('must not be asked')) };
      await expect(selectJobs(none, said as never)).rejects.toThrow(/all: true/);
    },
  );

  it('goes on behind one that fails, and says which did', async () => {
    const progress: unknown[] = [];
    const result = await changeJobs(
      ['a', 'b', 'c'],
      async (id) => {
        if (id === 'b') throw new WarrenError('WARREN_JOB_NOT_FOUND', 'no such job');
      },
      { onProgress: (now) => progress.push(now) },
    );
    expect(result).toEqual({
      done: 2,
      failed: 1,
      total: 3,
      failures: [{ id: 'b', code: 'WARREN_JOB_NOT_FOUND', message: 'no such job' }],
      isInterrupted: false,
    });
    expect(progress).toHaveLength(3);
  });

  it('keeps to its rate', async () => {
    const clock = new ManualClock();
    const begin = clock.elapsed();
    const at: number[] = [];
    const work = changeJobs(['a', 'b', 'c'], async () => at.push(clock.elapsed() - begin), {
      rate: 2,
      clock,
    });
    for (let step = 0; step < 10; step += 1) await clock.advance(100);
    await expect(work).resolves.toMatchObject({ done: 3 });
    expect(at).toEqual([0, 500, 1_000]);
  });

  it('ends where its signal says, and says that it did', async () => {
    const end = new AbortController();
    const ids = Array.from({ length: 100 }, (_, index) => String(index));
    const result = await changeJobs(ids, async () => end.abort(), { signal: end.signal });
    expect(result.isInterrupted).toBe(true);
    expect(result.done).toBeLessThan(100);
    expect(result.done).toBeGreaterThan(0);
  });
});
