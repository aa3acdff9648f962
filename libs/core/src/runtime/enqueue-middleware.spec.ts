import { settled } from '../testing/manual-clock.js';
import { startHarness, type Harness } from '../testing/harness.js';
import type { EnqueueMiddleware } from '../middleware/types.js';

describe('enqueue middleware', () => {
  let harness: Harness;
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);

  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', note);
  });
  afterEach(async () => {
    await harness.close();
    await new Promise(setImmediate);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  async function start(...enqueue: EnqueueMiddleware[]): Promise<void> {
    harness = await startHarness({
      handlers: [{ type: 'email:new', run: (_payload, job) => job.headers }],
      options: { middleware: { enqueue } },
    });
  }

  /** Jobs that were published. */
  async function published(): Promise<number> {
    await settled();
    return harness.recorder.all('completed').length;
  }

  const passing: EnqueueMiddleware = (_context, next) => next();
  const refused = new Error('the broker refuses');

  it('runs outermost first, with headers that travel', async () => {
    const order: string[] = [];
    await start(
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
    );
    await harness.jobs.enqueue('email:new');
    expect(order).toEqual(['first', 'second sees blue', 'first again']);
    expect(await harness.recorder.next('completed')).toMatchObject({ result: { tenant: 'blue' } });
  });

  it('refuses the job by throwing', async () => {
    await start(passing, () => Promise.reject(new Error('no tenant')));
    await expect(harness.jobs.enqueue('email:new')).rejects.toThrow('no tenant');
    expect(await published()).toBe(0);
  });

  it('fails the enqueue when it never calls next, since nothing is published', async () => {
    await start(passing, async () => undefined);
    await expect(harness.jobs.enqueue('email:new')).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(/^enqueue\('email:new'\) middleware: .*without next\(\)/) as string,
    });
    expect(await published()).toBe(0);
  });

  it('publishes once when it calls next twice, and hears of the mistake', async () => {
    await start(async (_context, next) => {
      await next();
      await next();
    }, passing);
    await expect(harness.jobs.enqueue('email:new')).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(/next\(\) twice; the job is published/) as string,
    });
    expect(await published()).toBe(1);
  });

  it('cannot try a failed publish again under the same id, and the error tells why it failed', async () => {
    await start(async (_context, next) => {
      try {
        await next();
      } catch {
        await next();
      }
    });
    harness.faults.failPublishes(1, refused);
    await expect(harness.jobs.enqueue('email:new')).rejects.toMatchObject({
      message: expect.stringMatching(/next\(\) twice; the publish failed/) as string,
      cause: refused,
    });
    expect(await published()).toBe(0);
  });

  it('is waited for when it does not await next', async () => {
    await start(async (_context, next) => void next(), passing);
    harness.faults.slowDown(1_000);
    let isDone = false;
    const job = harness.jobs.enqueue('email:new').finally(() => (isDone = true));
    await harness.clock.advance(999);
    expect(isDone).toBe(false);
    await harness.clock.advance(1);
    expect(await job).toMatchObject({ type: 'email:new' });
    expect(await published()).toBe(1);
  });

  it.each<[string, EnqueueMiddleware]>([
    ['does not await', async (_context, next) => void next()],
    ['swallows', (_context, next) => next().catch(() => undefined)],
  ])('fails the enqueue with the error of a publish that it %s', async (_what, middleware) => {
    await start(middleware, passing);
    harness.faults.failPublishes(1, refused);
    await expect(harness.jobs.enqueue('email:new')).rejects.toBe(refused);
  });

  it('fails the enqueue with what was thrown below it, when nothing was published', async () => {
    await start(
      async (_context, next) => void next(),
      async () => {
        await settled();
        throw refused;
      },
    );
    await expect(harness.jobs.enqueue('email:new')).rejects.toBe(refused);
    expect(await published()).toBe(0);
  });

  it('keeps apart jobs that are enqueued at the same time', async () => {
    await start(async (context, next) => {
      if (context.payload === 'slow') await settled();
      if (context.payload !== 'refused') await next();
    });
    const results = await Promise.allSettled(
      ['slow', 'refused', 'quick'].map((payload) => harness.jobs.enqueue('email:new', payload)),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await published()).toBe(2);
  });
});
