import { MemoryJobStore } from '../store/memory/index.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { ManualClock } from '../testing/manual-clock.js';

/** What operators see of all queues, and do to what waits in one. */

let clock: ManualClock;
let harness: Harness;
let release: Array<() => void>;

beforeEach(async () => {
  clock = new ManualClock();
  release = [];
  harness = await startHarness({
    clock,
    handlers: [
      {
        type: 'slow:job',
        options: { attempts: 1 },
        run: (payload) =>
          payload === 'bad'
            ? Promise.reject(new Error('bad'))
            : new Promise<void>((resolve) => release.push(resolve)),
      },
    ],
    options: { store: new MemoryJobStore({ clock }) },
  });
});

afterEach(() => harness.close());

async function backlog(count: number): Promise<string[]> {
  const ids: string[] = [];
  await harness.jobs.queues.pause('slow');
  for (let index = 0; index < count; index += 1) {
    ids.push((await harness.jobs.enqueue('slow:job', index)).id);
    await clock.advance(10_000);
  }
  return ids;
}

describe('the queues of an application', () => {
  it('are listed with what waits, and since when', async () => {
    const begin = clock.now();
    await backlog(3);
    await harness.jobs.enqueue('slow:job', 9, { delay: '1h' });
    expect(await harness.jobs.queues.list()).toEqual([
      expect.objectContaining({
        name: 'slow',
        isPaused: true,
        isThere: true,
        ready: 3,
        deadLetters: 0,
        counts: expect.objectContaining({ queued: 3, scheduled: 1 }),
        oldestAt: undefined,
      }),
    ]);
    const [queue] = await harness.jobs.queues.list({ oldest: true });
    expect(Math.abs(queue!.oldestAt!.getTime() - begin)).toBeLessThanOrEqual(1_000);
  });

  it('are only those asked for, also where the broker has none of that name', async () => {
    await backlog(1);
    expect(await harness.jobs.queues.list({ names: ['emial'], oldest: true })).toEqual([
      {
        name: 'emial',
        isPaused: false,
        isThere: false,
        ready: undefined,
        deadLetters: undefined,
        consumers: undefined,
        counts: expect.objectContaining({ queued: 0 }),
        oldestAt: undefined,
      },
    ]);
  });

  it('are purged of what waits, and the store knows that it will not run', async () => {
    const ids = await backlog(3);
    const later = await harness.jobs.enqueue('slow:job', 9, { delay: '1h' });
    const counts: number[] = [];
    expect(
      await harness.jobs.queues.purge('slow', { by: 'ada', onCancelled: (count) => counts.push(count) }),
    ).toEqual({ dropped: 3, cancelled: 3 });
    expect(counts.at(-1)).toBe(3);
    expect(await harness.jobs.get(ids[0]!)).toMatchObject({
      state: 'cancelled',
      cancellation: { by: 'ada', reason: 'the queue was purged' },
    });
    expect(await later.state()).toBe('scheduled');
    expect(await harness.jobs.queues.list()).toMatchObject([{ ready: 0 }]);
  });

  it('are not purged where there is none of that name', async () => {
    await expect(harness.jobs.queues.purge('slwo')).rejects.toMatchObject({
      code: 'WARREN_QUEUE_NOT_FOUND',
    });
  });
});

describe('dead letters by what they have in common', () => {
  it('are counted, grouped, requeued at a rate and purged', async () => {
    for (let index = 0; index < 5; index += 1) {
      await harness.jobs.enqueue('slow:job', 'bad');
      await harness.recorder.next('failed');
    }
    const letters = harness.jobs.deadLetters('slow');
    expect(await letters.groups()).toMatchObject([{ count: 5, type: 'slow:job', error: 'Error: bad' }]);
    expect(await letters.count({ filter: { error: 'BAD' } })).toBe(5);
    expect(await letters.count({ filter: { error: 'good' } })).toBe(0);
    const met: Array<string | undefined> = [];
    await letters.walk(({ id }) => {
      met.push(id);
      return met.length < 2;
    });
    expect(met).toHaveLength(2);
    await harness.jobs.queues.pause('slow');
    const chosen: number[] = [];
    const work = letters.requeue(
      { filter: { error: 'bad' } },
      { rate: 2, onChosen: (count) => chosen.push(count) },
    );
    await clock.advance(500);
    expect(chosen).toEqual([1, 2]);
    await clock.advance(2_000);
    await expect(work).resolves.toBe(5);
    expect(chosen).toEqual([1, 2, 3, 4, 5]);
    expect(await letters.list()).toEqual([]);
  });
});

describe('the topology of an application', () => {
  it('is shown, and made where it is missing', async () => {
    const { topology } = harness.jobs;
    expect(topology.objects()).toEqual([
      { kind: 'queue', name: 'slow', facts: { role: 'jobs and dead letters' } },
    ]);
    await expect(topology.apply()).resolves.toEqual(['slow']);
  });
});

describe('a worker that is asked to stop', () => {
  it('drains where nothing listens to SIGTERM, and leaves the registry', async () => {
    const [worker] = await harness.jobs.workers();
    const stopped = harness.jobs.workers.stop(worker!.process);
    await clock.advance(2_000);
    await expect(stopped).resolves.toBe('done');
    expect(await harness.jobs.workers()).toEqual([]);
    expect(harness.lines('warn').join()).toMatch(/nothing in it listens to SIGTERM/);
  });

  it('is told as by SIGTERM where something listens, and waited for as long as was said', async () => {
    const [worker] = await harness.jobs.workers();
    let heard = 0;
    const onTerm = (): void => {
      heard += 1;
    };
    process.on('SIGTERM', onTerm);
    try {
      const stopped = harness.jobs.workers.stop(worker!.id, { timeout: '1s' });
      stopped.catch(() => undefined);
      await clock.advance(2_000);
      await expect(stopped).rejects.toMatchObject({ code: 'WARREN_NOT_DRAINED' });
      expect(heard).toBe(1);
    } finally {
      process.off('SIGTERM', onTerm);
    }
  });

  it('must be there', async () => {
    await expect(harness.jobs.workers.stop('nobody:1')).rejects.toMatchObject({
      code: 'WARREN_WORKER_NOT_FOUND',
    });
  });
});
