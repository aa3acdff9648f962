import type { JobStore } from '../../../ports/job-store.js';
import { MemoryJobStore } from '../../../store/memory/index.js';
import { ManualClock } from '../../manual-clock.js';
import { checkFacets, jobStoreCases } from './store-contract.js';

/** Stores that break one promise each: the case of that promise must say so. */
describe('the job store contract', () => {
  async function verdict(
    sentence: RegExp,
    broken: (store: MemoryJobStore) => Partial<JobStore>,
  ): Promise<unknown> {
    const cases = jobStoreCases.filter(({ name }) => sentence.test(name));
    expect(cases).toHaveLength(1);
    const clock = new ManualClock();
    const sound = new MemoryJobStore({ clock });
    const wrap = (store: MemoryJobStore): JobStore => ({
      kind: 'broken',
      records: store.records,
      reads: store.reads,
      unique: store.unique,
      schedules: store.schedules,
      limits: store.limits,
      start: () => store.start(),
      status: () => store.status(),
      close: () => store.close(),
      ...broken(store),
    });
    try {
      await cases[0]!.run({
        store: wrap(sound),
        connect: async () => wrap(sound.connect()),
        passTime: (ms) => clock.advance(ms),
        passDays: (days) => clock.advance(days * 86_400_000),
        dispose: () => sound.close(),
      });
      return 'kept';
    } catch (error) {
      return error;
    }
  }

  /** A facet with other methods in the place of some. */
  const but = <T extends object>(facet: T, other: Partial<T>): T =>
    Object.assign(Object.create(facet) as T, other);

  const REFUSED = { code: 'ERR_ASSERTION' };

  it('has a sentence of its own for each case', () => {
    const names = jobStoreCases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z].* .*\w$/);
  });

  it('is kept by a store that only wraps another', async () => {
    expect(await verdict(/^keeps the result and the attempt/, () => ({}))).toBe('kept');
  });

  it('notices a store that takes any run for the newest', async () => {
    const error = await verdict(/^takes one of two workers/, ({ records }) => ({
      records: but(records, {
        finished: (endings) =>
          records.finished(endings.map((ending) => ({ ...ending, fence: { ...ending.fence, run: 0 } }))),
      }),
    }));
    expect(error).toMatchObject(REFUSED);
  });

  it('notices a store that lets every copy of a message run', async () => {
    const error = await verdict(/^lets one of many claims run/, ({ records }) => ({
      records: but(records, { claim: async (claims) => claims.map(() => ({ kind: 'run', run: 1 })) }),
    }));
    expect(error).toMatchObject(REFUSED);
  });

  it('notices a step that is not in the table of states', async () => {
    const error = await verdict(/in state completed what the table/, ({ records, reads }) => {
      let isRewritten = false;
      return {
        records: but(records, {
          cancel: (...all) => {
            isRewritten = true;
            return records.cancel(...all);
          },
        }),
        reads: but(reads, {
          get: async (ids) =>
            (await reads.get(ids)).map((job) => job && (isRewritten ? { ...job, state: 'cancelled' } : job)),
        }),
      };
    });
    expect(String(error)).toContain('cancel in completed is not in the table and changed the job');
  });

  it('notices a store that forgets nothing by count', async () => {
    const error = await verdict(/^remembers the jobs of a type that ended last/, ({ records }) => ({
      records: but(records, {
        finished: (endings) =>
          records.finished(
            endings.map((ending) => ({ ...ending, keep: { ...ending.keep, count: undefined } })),
          ),
      }),
    }));
    expect(error).toMatchObject(REFUSED);
  });

  it('notices pages that skip jobs of the same millisecond', async () => {
    const error = await verdict(
      /^walks through jobs that were created in the same millisecond/,
      ({ reads }) => ({
        reads: but(reads, {
          find: async (query, page) => {
            const { jobs, next } = await reads.find(query, page);
            return { jobs: page.cursor ? jobs.slice(1) : jobs, next };
          },
        }),
      }),
    );
    expect(error).toMatchObject(REFUSED);
  });

  it('notices a key that two jobs get', async () => {
    const error = await verdict(/^gives each of many keys to one/, () => ({
      unique: {
        reserve: async (_key, holder) => ({ holder, isNew: true }),
        release: async () => undefined,
      },
    }));
    expect(error).toMatchObject(REFUSED);
  });

  it('notices a store that counts slots in each process for itself', async () => {
    const error = await verdict(/^gives as many slots as the limit says/, () => ({
      limits: new MemoryJobStore({ clock: new ManualClock() }).limits,
    }));
    expect(error).toMatchObject(REFUSED);
  });

  it('notices a rate that lets everybody start at once', async () => {
    const error = await verdict(/^spaces the starts of a rate/, ({ limits }) => ({
      limits: but(limits, {
        take: async (requests) => requests.map(() => ({ kind: 'in', startInMs: 0 }) as const),
      }),
    }));
    expect(error).toMatchObject(REFUSED);
  });

  it('notices facets that are there, or are not, unlike what is said', () => {
    const store = new MemoryJobStore({ clock: new ManualClock() });
    checkFacets(store, []);
    expect(() => checkFacets(store, ['unique'])).toThrow(/lacks \[\] and `without` says \[unique\]/);
    const { records, kind } = store;
    const bare = { kind, records } as JobStore;
    checkFacets(bare, ['unique', 'reads', 'limits', 'schedules', 'registry']);
    expect(() => checkFacets(bare, ['reads'])).toThrow(
      /lacks \[reads, unique, limits, schedules, registry\]/,
    );
  });
});
