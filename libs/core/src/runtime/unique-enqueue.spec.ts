import { defineJob } from '../job/definition.js';
import type { JobsOptions } from '../options/module.js';
import type { JobStore } from '../ports/job-store.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { flakyStore, type StoreFaults } from '../testing/flaky-store.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { ManualClock, settled } from '../testing/manual-clock.js';

/** Who gets a unique key at enqueue. Nothing runs jobs here, so keys are held as long as they can be. */

const DAY_MS = 86_400_000;

const clock = new ManualClock();
let memory: MemoryJobStore;
let faults: StoreFaults;
let harness: Harness;

function makeStore(): JobStore {
  memory = new MemoryJobStore({ clock });
  faults = { isAway: false, calls: [] };
  return flakyStore(memory, faults);
}

async function start(options: JobsOptions = {}): Promise<void> {
  const store = makeStore();
  harness = await startHarness({
    clock,
    options: { worker: false, store, queues: { email: {} }, ...options },
  });
}

/** Jobs in the queue, which is there from the first publish on. */
async function waiting(): Promise<number> {
  if (harness.recorder.all('enqueued').length === 0) return 0;
  return (await harness.broker.stats('email')).ready;
}

afterEach(() => harness.close());

describe('an enqueue under a unique key', () => {
  it('gives a ref of the job that holds it, and makes no second one', async () => {
    await start();
    const first = await harness.jobs.enqueue('email:new', 1, { unique: { key: 'k' } });
    const second = await harness.jobs.enqueue('email:new', 2, { unique: { key: 'k' } });
    expect([first.deduplicated, second.deduplicated]).toEqual([false, true]);
    expect(second).toMatchObject({ id: first.id, type: 'email:new', queue: 'email' });
    expect(await second.state()).toBe('queued');
    expect(await waiting()).toBe(1);
    expect(harness.recorder.all('enqueued')).toHaveLength(1);
    expect(await harness.jobs.get(first.id)).toMatchObject({ payload: 1 });
  });

  it('takes the payload for the key, unless one is given', async () => {
    await start();
    const refs = await Promise.all(
      [{ to: 'a' }, { to: 'a' }, { to: 'b' }].map((payload) =>
        harness.jobs.enqueue('email:new', payload, { unique: true }),
      ),
    );
    expect(refs.map(({ deduplicated }) => deduplicated)).toEqual([false, true, false]);
    expect(await waiting()).toBe(2);
  });

  it('takes what the function of a definition makes of the payload', async () => {
    await start();
    const Invoice = defineJob()('email:invoice', {
      unique: { key: (order: { id: number }) => `${order.id}` },
    });
    const first = await harness.jobs.enqueue(Invoice, { id: 1, note: 'a' });
    const again = await harness.jobs.enqueue(Invoice, { id: 1, note: 'b' });
    const other = await harness.jobs.enqueue(Invoice, { id: 2 });
    expect([again.id === first.id, again.deduplicated, other.deduplicated]).toEqual([true, true, false]);
  });

  it('never meets a key of another type', async () => {
    await start();
    await harness.jobs.enqueue('email:new', 1, { unique: { key: 'x' } });
    expect(await harness.jobs.enqueue('email:old', 1, { unique: { key: 'x' } })).toMatchObject({
      deduplicated: false,
    });
    // Joined by a colon, these two would be one.
    await harness.jobs.enqueue('email', 1, { unique: { key: 'a:b' }, queue: 'email' });
    expect(await harness.jobs.enqueue('email:a', 1, { unique: { key: 'b' } })).toMatchObject({
      deduplicated: false,
    });
  });

  it('knows long keys by their hash', async () => {
    await start();
    const key = 'ä'.repeat(4_000);
    const { id } = await harness.jobs.enqueue('email:new', 1, { unique: { key } });
    const again = await harness.jobs.enqueue('email:new', 1, { unique: { key } });
    const other = await harness.jobs.enqueue('email:new', 1, { unique: { key: `${key}b` } });
    expect([again.deduplicated, other.deduplicated]).toEqual([true, false]);
    const [record] = await memory.reads.get([id]);
    expect(Buffer.byteLength(record!.uniqueKey!)).toBeLessThanOrEqual(255);
  });

  it('throws where that is asked for, and names the job that holds the key', async () => {
    await start();
    const { id } = await harness.jobs.enqueue('email:new', 1, { unique: { key: 'k' } });
    await expect(
      harness.jobs.enqueue('email:new', 1, { unique: { key: 'k', onConflict: 'throw' } }),
    ).rejects.toMatchObject({
      code: 'WARREN_NOT_UNIQUE',
      details: { id, type: 'email:new' },
      message: expect.stringContaining(id) as string,
    });
    expect(await waiting()).toBe(1);
  });

  it('goes by what the call says, whatever the definition says', async () => {
    await start();
    const Ping = defineJob()('email:ping', { unique: true });
    const first = await harness.jobs.enqueue(Ping, 1);
    expect((await harness.jobs.enqueue(Ping, 1)).id).toBe(first.id);
    expect((await harness.jobs.enqueue(Ping, 1, { unique: false })).deduplicated).toBe(false);
    expect((await harness.jobs.enqueue(Ping, 1, { unique: { key: 'own' } })).deduplicated).toBe(false);
    expect((await harness.jobs.enqueue(Ping, 2, { unique: { key: 'own' } })).deduplicated).toBe(true);
    expect((await harness.jobs.enqueue(Ping, 1, { unique: undefined })).id).toBe(first.id);
  });

  it.each([
    [
      'throws',
      () => {
        throw new TypeError('no order');
      },
      /unique.key: the function threw TypeError: no order/,
    ],
    ['gives a number', () => 7, /unique.key: the function gave 7; it must give text/],
    ['gives empty text', () => '', /the function gave empty text/],
    ['gives a promise', () => Promise.reject(new Error('unseen')), /the function gave an object/],
  ])('is refused when its key function %s', async (_what, key, message) => {
    await start();
    await expect(
      harness.jobs.enqueue('email:new', 1, { unique: { key: key as () => string } }),
    ).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(message) as string,
    });
    expect(await waiting()).toBe(0);
  });

  it('is the same job when its own id comes again, as after an enqueue without an answer', async () => {
    await start({ defaults: { track: 'none' } });
    const options = { id: 'j', unique: { key: 'k' } };
    await harness.jobs.enqueue('email:new', 1, options);
    expect(await harness.jobs.enqueue('email:new', 1, options)).toMatchObject({
      id: 'j',
      deduplicated: false,
    });
    harness.faults.failPublishes(1, new Error('no room'));
    await expect(harness.jobs.enqueue('email:new', 1, options)).rejects.toThrow('no room');
    // The first is still there, and so is its key.
    expect(await harness.jobs.enqueue('email:new', 1, { unique: { key: 'k' } })).toMatchObject({ id: 'j' });
  });

  it('frees the key when the broker does not take the job', async () => {
    await start();
    harness.faults.failPublishes(1, new Error('no room'));
    await expect(harness.jobs.enqueue('email:new', 1, { unique: true })).rejects.toThrow('no room');
    expect(await harness.jobs.enqueue('email:new', 1, { unique: true })).toMatchObject({
      deduplicated: false,
    });
    expect(await waiting()).toBe(1);
  });

  it('lets one of many through, of several processes at once', async () => {
    await start();
    const other = await harness.another({ options: { worker: false, store: memory.connect() } });
    const keyOf = (index: number): string => `${Math.floor(index / 2) % 10}`;
    const refs = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        (index % 2 ? harness : other).jobs.enqueue('email:new', index, {
          // Both draw the same ids, from the same seed.
          id: `${index}`,
          unique: { key: keyOf(index) },
        }),
      ),
    );
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 10 });
    const made = refs.filter(({ deduplicated }) => !deduplicated);
    expect(new Set(made.map(({ id }) => keyOf(Number(id)))).size).toBe(10);
    refs.forEach(({ id }, index) => expect(keyOf(Number(id))).toBe(keyOf(index)));
  });

  it('counts within one enqueueMany too', async () => {
    await start();
    const refs = await harness.jobs.enqueueMany(
      ['a', 'b', 'a', 'a'].map((payload) => ({ job: 'email:new', payload, options: { unique: true } })),
    );
    expect(refs.map(({ deduplicated }) => deduplicated)).toEqual([false, false, true, true]);
    expect(refs[2]!.id).toBe(refs[0]!.id);
    expect(await waiting()).toBe(2);
  });

  it('passes the middleware, which learns of a duplicate as of a job that is published', async () => {
    const seen: string[] = [];
    await start({
      middleware: {
        enqueue: [
          async ({ type }, next) => {
            seen.push(`to ${type}`);
            await next();
            seen.push('done');
          },
        ],
      },
    });
    const first = await harness.jobs.enqueue('email:new', 1, { unique: true });
    expect((await harness.jobs.enqueue('email:new', 1, { unique: true })).id).toBe(first.id);
    expect(seen).toEqual(['to email:new', 'done', 'to email:new', 'done']);
  });

  it('needs no record of the job', async () => {
    await start({ defaults: { track: 'none' } });
    const first = await harness.jobs.enqueue('email:new', 1, { unique: true });
    expect((await harness.jobs.enqueue('email:new', 1, { unique: true })).id).toBe(first.id);
    expect(await harness.jobs.get(first.id)).toBeUndefined();
  });

  it('asks the store nothing without one', async () => {
    await start({ defaults: { track: 'none' } });
    await harness.jobs.enqueue('email:new', 1);
    expect(faults.calls).toEqual([]);
  });
});

describe('the time of a unique key that no worker frees', () => {
  it('is a day from when the job is due', async () => {
    await start();
    const unique = { key: 'k' };
    await harness.jobs.enqueue('email:new', 1, { delay: '3d', unique });
    await clock.advance(4 * DAY_MS - 1);
    expect((await harness.jobs.enqueue('email:new', 1, { unique })).deduplicated).toBe(true);
    await clock.advance(1);
    expect((await harness.jobs.enqueue('email:new', 1, { unique })).deduplicated).toBe(false);
    await clock.advance(DAY_MS - 1);
    expect((await harness.jobs.enqueue('email:new', 1, { unique })).deduplicated).toBe(true);
    await clock.advance(1);
    expect((await harness.jobs.enqueue('email:new', 1, { unique })).deduplicated).toBe(false);
  });
});

describe('a unique key whose holder has ended in the store', () => {
  const keep = { ms: DAY_MS, count: undefined };
  const cancel = (id: string) =>
    memory.records.cancel(id, { at: clock.now(), reason: undefined, by: undefined }, keep);

  it('goes to the next who asks: its worker died before it freed the key', async () => {
    await start();
    const unique = { key: 'k' };
    const { id } = await harness.jobs.enqueue('email:new', 1, { delay: '1h', unique });
    await cancel(id);
    const next = await harness.jobs.enqueue('email:new', 1, { unique });
    expect([next.deduplicated, next.id === id]).toEqual([false, false]);
    expect(await harness.jobs.enqueue('email:new', 1, { unique })).toMatchObject({ id: next.id });
  });

  it('goes to one alone of many who ask, whatever they do about a conflict', async () => {
    await start();
    const { id } = await harness.jobs.enqueue('email:new', 1, { unique: { key: 'k' } });
    await cancel(id);
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        harness.jobs.enqueue('email:new', 1, {
          unique: { key: 'k', onConflict: index % 2 ? 'throw' : 'return' },
        }),
      ),
    );
    const made = results.filter((result) => result.status === 'fulfilled' && !result.value.deduplicated);
    expect(made).toHaveLength(1);
    expect(await waiting()).toBe(2);
  });

  it('stays while the store does not know that one, which may be on its way there', async () => {
    await start();
    await memory.unique.reserve('email:new/k', 'elsewhere', DAY_MS);
    expect(await harness.jobs.enqueue('email:new', 1, { unique: { key: 'k' } })).toMatchObject({
      id: 'elsewhere',
      deduplicated: true,
    });
  });
});

describe('a unique key for a time', () => {
  it('is held for that time, whatever becomes of the job', async () => {
    await start();
    const unique = { key: 'k', until: '10m' } as const;
    const { id } = await harness.jobs.enqueue('email:new', 1, { delay: '1h', unique });
    const keep = { ms: DAY_MS, count: undefined };
    await memory.records.cancel(id, { at: clock.now(), reason: undefined, by: undefined }, keep);
    expect(await harness.jobs.enqueue('email:new', 1, { unique })).toMatchObject({ id, deduplicated: true });
    await clock.advance(599_999);
    expect((await harness.jobs.enqueue('email:new', 1, { unique })).deduplicated).toBe(true);
    await clock.advance(1);
    expect((await harness.jobs.enqueue('email:new', 1, { unique })).deduplicated).toBe(false);
  });

  it('travels with no message', async () => {
    await start();
    const { id } = await harness.jobs.enqueue('email:new', 1, { unique: { key: 'k', until: '10m' } });
    const [record] = await memory.reads.get([id]);
    expect(record!.uniqueKey).toBeUndefined();
  });

  it('is not held by a job that the broker did not take', async () => {
    await start();
    const unique = { key: 'k', until: '10m' } as const;
    harness.faults.failPublishes(1, new Error('no room'));
    await expect(harness.jobs.enqueue('email:new', 1, { unique })).rejects.toThrow('no room');
    expect((await harness.jobs.enqueue('email:new', 1, { unique })).deduplicated).toBe(false);
  });
});

describe('a unique key with the job store away', () => {
  const unique = { key: 'k' };

  it('lets jobs through, and says so once for each outage', async () => {
    await start();
    for (let outage = 1; outage <= 2; outage += 1) {
      faults.isAway = true;
      for (let count = 0; count < 5; count += 1) {
        const ref = await harness.jobs.enqueue('email:new', 1, { unique: { key: `${outage}` } });
        expect(ref.deduplicated).toBe(false);
      }
      const lines = harness.lines('warn').filter((line) => line.includes('unique key'));
      expect(lines).toHaveLength(outage);
      expect(lines.at(-1)).toMatch(/^enqueue\('email:new'\): its unique key could not be reserved/);
      faults.isAway = false;
      await clock.advance(20_000);
      await harness.jobs.enqueue('email:new', 1, { unique: { key: `up ${outage}` } });
    }
    expect(await waiting()).toBe(12);
  });

  it('throws where that is asked for, and enqueues nothing', async () => {
    await start();
    faults.isAway = true;
    await expect(
      harness.jobs.enqueue('email:new', 1, { unique: { ...unique, onStoreDown: 'throw' } }),
    ).rejects.toMatchObject({
      code: 'WARREN_STORE_UNAVAILABLE',
      message: expect.stringMatching(
        /^enqueue\('email:new'\): its unique key could not be reserved/,
      ) as string,
    });
    expect(await waiting()).toBe(0);
  });

  it('waits for a store that hangs once, and not at every enqueue', async () => {
    await start();
    faults.instead = () => new Promise(() => undefined);
    const first = harness.jobs.enqueue('email:new', 1, { unique });
    await clock.advance(2_000);
    expect((await first).deduplicated).toBe(false);
    const calls = faults.calls.length;
    await harness.jobs.enqueue('email:new', 1, { unique });
    expect(faults.calls.slice(calls)).toEqual([]);
    expect(harness.recorder.all('storeDown')).toHaveLength(1);
    delete faults.instead;
  });

  it('is taken by no answer that comes when nobody waits for it any more', async () => {
    await start();
    let answer!: () => void;
    faults.instead = (name, call) =>
      name === 'unique.reserve' ? new Promise((resolve) => (answer = () => resolve(call()))) : call();
    const asked = harness.jobs.enqueue('email:new', 1, { unique: { ...unique, onStoreDown: 'throw' } });
    const refused = expect(asked).rejects.toMatchObject({ code: 'WARREN_STORE_UNAVAILABLE' });
    await clock.advance(2_000);
    await refused;
    delete faults.instead;
    answer();
    await settled();
    expect((await harness.jobs.enqueue('email:new', 1, { unique })).deduplicated).toBe(false);
    expect(await waiting()).toBe(1);
  });

  it('is freed when the store is back, where the broker did not take the job meanwhile', async () => {
    await start();
    faults.instead = (name, call) => {
      const answer = call();
      if (name === 'records.enqueued') faults.isAway = true;
      return answer;
    };
    harness.faults.failPublishes(1, new Error('no room'));
    await expect(harness.jobs.enqueue('email:new', 1, { unique })).rejects.toThrow('no room');
    delete faults.instead;
    faults.isAway = false;
    await clock.advance(20_000);
    expect((await harness.jobs.enqueue('email:new', 1, { unique })).deduplicated).toBe(false);
  });
});

describe('the option unique, where nothing keeps keys', () => {
  it('is refused by an enqueue without a job store', async () => {
    await start({ store: false });
    await expect(harness.jobs.enqueue('email:new', 1, { unique: true })).rejects.toMatchObject({
      code: 'WARREN_NO_STORE',
      message: expect.stringMatching(
        /^enqueue\('email:new'\): the option unique needs a job store/,
      ) as string,
    });
  });

  it('is refused by an enqueue to a store without that facet, which it names', async () => {
    const { unique: _unique, ...store } = makeStore();
    await start({ store });
    await expect(harness.jobs.enqueue('email:new', 1, { unique: true })).rejects.toMatchObject({
      code: 'WARREN_NO_STORE',
      message: expect.stringMatching(
        /needs the facet 'unique', which the job store given \(flaky memory\)/,
      ) as string,
    });
  });

  it.each([
    ['without a store', { store: false } as const, /needs a job store/],
    ['without the facet', { store: 'lacking' } as const, /needs the facet 'unique'/],
  ])(
    'is a boot error of a handler whose definition asks for it, %s',
    async (_what, { store: said }, message) => {
      await start();
      const { unique: _unique, ...lacking } = makeStore();
      const definition = defineJob()('email:new', { unique: true });
      const handlers = [{ type: 'email:new', definition, run: () => undefined }];
      const store = said === false ? said : lacking;
      await expect(startHarness({ clock, handlers, options: { store } })).rejects.toMatchObject({
        code: 'WARREN_CONFIGURATION',
        problems: [expect.stringMatching(message)],
      });
    },
  );

  it('cannot replace in a store that finds no jobs, at boot and at enqueue', async () => {
    const { reads: _reads, ...store } = makeStore();
    await start({ store });
    const definition = defineJob()('email:new', { unique: { onConflict: 'replace' } });
    const problem = expect.stringMatching(
      /unique.onConflict 'replace' needs the facet 'reads', which the job store given \(flaky memory\)/,
    ) as string;
    await expect(harness.jobs.enqueue(definition, 1)).rejects.toMatchObject({
      code: 'WARREN_NO_STORE',
      message: problem,
    });
    expect((await harness.jobs.enqueue('email:new', 1, { unique: true })).deduplicated).toBe(false);
    const handlers = [{ type: 'email:new', definition, run: () => undefined }];
    await expect(startHarness({ clock, handlers, options: { store } })).rejects.toMatchObject({
      problems: [problem],
    });
  });

  it('cannot replace what is not tracked, at boot and at enqueue', async () => {
    await start();
    const definition = defineJob()('email:new', { track: 'failures', unique: { onConflict: 'replace' } });
    const problem = expect.stringMatching(/unique.onConflict 'replace' .* track is 'failures'/) as string;
    await expect(harness.jobs.enqueue(definition, 1)).rejects.toMatchObject({ message: problem });
    const handlers = [{ type: 'email:new', definition, run: () => undefined }];
    await expect(startHarness({ clock, handlers, options: { store: memory } })).rejects.toMatchObject({
      problems: [problem],
    });
  });
});
