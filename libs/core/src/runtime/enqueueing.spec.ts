import { JobContext } from '../job/context.js';
import { defineJob } from '../job/definition.js';
import { custom } from '../kernel/backoff.js';
import { startHarness, type Harness } from '../testing/harness.js';

describe('enqueueing', () => {
  let harness: Harness;
  afterEach(() => harness.close());

  it('starts a delayed job when it is due, not before', async () => {
    harness = await startHarness({ handlers: [{ type: 'email:new', run: () => 'ok' }] });
    await harness.jobs.enqueue('email:new', null, { delay: '5m' });
    await harness.clock.advance(299_999);
    expect(harness.recorder.all('started')).toEqual([]);
    await harness.clock.advance(1);
    expect(await harness.recorder.next('completed')).toMatchObject({ attempt: 1 });
  });

  it('keeps a job that was enqueued before any worker ever ran', async () => {
    harness = await startHarness({ handlers: [], options: { worker: false } });
    const job = await harness.jobs.enqueue('email:new', { to: 'a@example.com' });
    const worker = await harness.another({ handlers: [{ type: 'email:new', run: (payload) => payload }] });
    expect(await worker.recorder.next('completed')).toMatchObject({
      jobId: job.id,
      result: { to: 'a@example.com' },
    });
  });

  it('hands the correlation id of a running job on to those it enqueues', async () => {
    harness = await startHarness({
      handlers: [
        { type: 'order:new', run: () => harness.jobs.enqueue('email:new') },
        { type: 'email:new', run: () => JobContext.current().correlationId },
      ],
    });
    await harness.jobs.enqueue('order:new', null, { correlationId: 'request-7' });
    await harness.recorder.next('completed', ({ type }) => type === 'email:new');
    const [, email] = harness.recorder.all('completed');
    expect(email).toMatchObject({ result: 'request-7', correlationId: 'request-7' });
  });

  it('runs enqueue middleware outermost first, with headers that travel', async () => {
    const order: string[] = [];
    harness = await startHarness({
      handlers: [{ type: 'email:new', run: (_payload, job) => job.headers }],
      options: {
        middleware: {
          enqueue: [
            async (context, next) => {
              order.push('first');
              context.headers.tenant = 'blue';
              await next();
              order.push('first again');
            },
            async (context, next) => {
              order.push(`second sees ${String(context.headers.tenant)}`);
              await next();
            },
          ],
          run: [
            async (job, next) => {
              order.push(`run ${job.type}`);
              return await next();
            },
          ],
        },
      },
    });
    await harness.jobs.enqueue('email:new');
    expect(await harness.recorder.next('completed')).toMatchObject({ result: { tenant: 'blue' } });
    expect(order).toEqual(
      expect.arrayContaining(['first', 'second sees blue', 'first again', 'run email:new']),
    );
    expect(order.indexOf('first')).toBeLessThan(order.indexOf('second sees blue'));
  });

  it('refuses what an enqueue middleware refuses', async () => {
    harness = await startHarness({
      handlers: [],
      options: { middleware: { enqueue: [() => Promise.reject(new Error('no tenant'))] } },
    });
    await expect(harness.jobs.enqueue('email:new')).rejects.toThrow('no tenant');
  });

  it.each([
    ['a wrong type', 'email new', {}, /no job type|a job type is made of/],
    ['an unlisted queue', 'email:new', { queue: 'bulkk' }, /Did you mean 'bulk'/],
    ['delay and runAt together', 'email:new', { delay: 1, runAt: new Date(0) }, /delay.*runAt|runAt.*delay/],
    ['a delay that is no duration', 'email:new', { delay: 'soon' }, /delay/],
    ['a custom backoff', 'email:new', { backoff: custom(() => 1) }, /custom/],
    ['a reserved header', 'email:new', { headers: { 'warren-v': 2 } }, /warren-/],
    ['an unknown option', 'email:new', { delya: 5 }, /delay/],
  ])('refuses %s with an error that names it', async (_what, type, options: object, problem) => {
    harness = await startHarness({ handlers: [], options: { queues: { bulk: {} } } });
    await expect(harness.jobs.enqueue(type, null, options)).rejects.toThrow(problem);
  });

  it('enqueues many in order, and names those that failed', async () => {
    harness = await startHarness({ handlers: [{ type: 'email:new', run: () => 'ok' }] });
    const refs = await harness.jobs.enqueueMany(
      Array.from({ length: 2_500 }, (_, index) => ({
        job: 'email:new',
        payload: index,
        options: { id: `job-${index}` },
      })),
    );
    expect(refs.map(({ id }) => id)).toEqual(Array.from({ length: 2_500 }, (_, index) => `job-${index}`));
    await expect(
      harness.jobs.enqueueMany([
        { job: 'email:new', payload: 1 },
        { job: 'email:new', payload: 1n },
      ]),
    ).rejects.toMatchObject({
      code: 'WARREN_BULK_INCOMPLETE',
      enqueued: [{ type: 'email:new' }],
      failures: [{ index: 1 }],
    });
  });

  it('enqueues before the worker started, and throws WARREN_CLOSED after shutdown', async () => {
    harness = await startHarness({ handlers: [{ type: 'email:new', run: () => 'ok' }], start: false });
    await harness.jobs.enqueue('email:new');
    await harness.warren.start();
    await harness.recorder.next('completed');
    await harness.warren.close();
    await expect(harness.jobs.enqueue('email:new')).rejects.toMatchObject({ code: 'WARREN_CLOSED' });
  });

  it('puts jobs of a definition with a queue of its own into that queue', async () => {
    const Invoice = defineJob<string>()('invoice:pdf', { queue: 'bulk' });
    harness = await startHarness({
      handlers: [{ type: 'invoice:pdf', definition: Invoice, run: (_payload, job) => job.queue }],
      options: { queues: { bulk: {} } },
    });
    const job = await harness.jobs.enqueue(Invoice, { order: 7 });
    expect(job.queue).toBe('bulk');
    expect(await harness.recorder.next('completed')).toMatchObject({ queue: 'bulk', result: 'bulk' });
  });
});

describe('dead letters', () => {
  let harness: Harness;
  afterEach(() => harness.close());

  async function withFailures(count: number) {
    let isMended = false;
    harness = await startHarness({
      handlers: [
        {
          type: 'email:new',
          options: { attempts: 1 },
          run: (payload) => {
            if (!isMended) throw new Error('down');
            return payload;
          },
        },
      ],
    });
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) {
      ids.push((await harness.jobs.enqueue('email:new', index)).id);
      await harness.recorder.next('failed');
    }
    return { ids, letters: harness.jobs.deadLetters('email'), mend: () => (isMended = true) };
  }

  it('are listed oldest first and stay where they are', async () => {
    const { ids, letters } = await withFailures(3);
    for (let round = 0; round < 30; round += 1) {
      expect((await letters.list()).map(({ id }) => id)).toEqual(ids);
    }
    expect((await letters.list({ limit: 2 })).map(({ id }) => id)).toEqual(ids.slice(0, 2));
  });

  it('go back to their queue with attempts reset and the same id', async () => {
    const { ids, letters, mend } = await withFailures(2);
    mend();
    expect(await letters.requeue(ids[1]!)).toBe(1);
    expect(await harness.recorder.next('completed')).toMatchObject({ jobId: ids[1], attempt: 1, result: 1 });
    expect((await letters.list()).map(({ id }) => id)).toEqual([ids[0]]);
    expect(await letters.requeue({ all: true })).toBe(1);
    expect(await harness.recorder.next('completed')).toMatchObject({ jobId: ids[0] });
    expect(await letters.list()).toEqual([]);
  });

  it('are purged by id, or all of them only when all is said', async () => {
    const { ids, letters } = await withFailures(3);
    expect(await letters.purge({ ids: [ids[0]!] })).toBe(1);
    await expect(letters.purge({ ids: [] })).rejects.toThrow(/all: true/);
    await expect(letters.purge({} as never)).rejects.toThrow(/all: true/);
    await expect(letters.purge(undefined as never)).rejects.toThrow(/all: true/);
    expect(await letters.purge({ all: true })).toBe(2);
    expect(await letters.list()).toEqual([]);
  });
});
