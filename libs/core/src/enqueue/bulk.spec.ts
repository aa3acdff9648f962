import { startHarness, type Harness } from '../testing/harness.js';
import type { BulkEnqueueError } from './bulk.js';
import type { EnqueueMiddleware } from '../middleware/types.js';

const numbered = (
  count: number,
): Array<{ readonly job: string; payload: unknown; readonly options: { readonly id: string } }> =>
  Array.from({ length: count }, (_, index) => ({
    job: 'email:new',
    payload: index,
    options: { id: `job-${index}` },
  }));

describe('enqueueing many', () => {
  let harness: Harness;
  afterEach(() => harness.close());

  it('has a thousand on their way at most, and gives refs in the order of the jobs', async () => {
    let [underWay, most] = [0, 0];
    const count: EnqueueMiddleware = async (_context, next) => {
      most = Math.max(most, (underWay += 1));
      await next();
      underWay -= 1;
    };
    harness = await startHarness({
      options: { worker: false, middleware: { enqueue: [count] }, queues: { email: {} } },
    });
    harness.faults.slowDown(10);
    const enqueued = harness.jobs.enqueueMany(numbered(2_100));
    for (let chunk = 0; chunk < 3; chunk += 1) await harness.clock.advance(10);
    const refs = await enqueued;
    expect(refs.map(({ id }) => id)).toEqual(numbered(2_100).map(({ options }) => options.id));
    expect(most).toBe(1_000);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 2_100 });
  });

  it('ends with the chunk in which some fail, and names those that are enqueued and those that are not', async () => {
    harness = await startHarness({ options: { worker: false } });
    const jobs = numbered(3_500);
    for (const index of [1_200, 1_999, 3_000]) jobs[index]!.payload = 1n;
    const failure = await harness.jobs.enqueueMany(jobs).then(
      () => undefined,
      (error: unknown) => error as BulkEnqueueError,
    );
    expect(failure).toMatchObject({
      code: 'WARREN_BULK_INCOMPLETE',
      details: { total: 3_500, enqueued: 1_998, failed: 2 },
      failures: [{ index: 1_200 }, { index: 1_999, error: { code: 'WARREN_PAYLOAD_NOT_JSON' } }],
    });
    const ids = jobs.slice(0, 2_000).map(({ options }) => options.id);
    expect(failure!.enqueued.map(({ id }) => id)).toEqual(
      ids.filter((_, index) => index !== 1_200 && index !== 1_999),
    );
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 1_998 });
  });

  it('makes nothing of an empty list', async () => {
    harness = await startHarness({ options: { worker: false } });
    expect(await harness.jobs.enqueueMany([])).toEqual([]);
  });

  it('names the entry whose definition is undefined', async () => {
    harness = await startHarness({ options: { worker: false } });
    await expect(
      harness.jobs.enqueueMany([
        { job: 'email:new', payload: 1 },
        { job: undefined as never, payload: 1 },
      ]),
    ).rejects.toMatchObject({
      code: 'WARREN_BULK_INCOMPLETE',
      message: expect.stringMatching(
        /the first is number 1: .*enqueue\(undefined\): give a job type/,
      ) as string,
    });
  });

  it.each([
    ['no list', undefined, /^enqueueMany\(undefined\): give a list/],
    [
      'an entry that is missing',
      [{ job: 'email:new', payload: 1 }, undefined],
      /^enqueueMany: entry 1 is undefined/,
    ],
  ])('refuses %s before anything is enqueued', async (_what, jobs, message) => {
    harness = await startHarness({ options: { worker: false, queues: { email: {} } } });
    await expect(harness.jobs.enqueueMany(jobs as never)).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(message) as string,
    });
    expect(harness.recorder.all('enqueued')).toEqual([]);
  });
});
