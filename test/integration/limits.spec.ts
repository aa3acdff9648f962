import { rememberedApp } from '../support/remembered-app.js';
import { redisUrl } from '../support/services.js';
import { until } from '../support/until.js';
import type { JobContext } from '../../libs/core/src/job/context.js';

/** Limits over RabbitMQ, counted in Redis. test/faults/limits.spec.ts has processes of their own. */

const on = rememberedApp('limits', 'news');
const store = () => on.redis.make({ url: redisUrl() });

describe('limits over all workers', () => {
  it('space the starts of a rate evenly, also of jobs that go by the delay levels', async () => {
    const starts: number[] = [];
    const handlers = [{ type: 'news:', run: () => void starts.push(performance.now()) }];
    const options = () => ({
      store: store(),
      worker: { concurrency: 40 },
      queues: { news: { rateLimit: { max: 20, per: '1s' } as const } },
    });
    const { warren, recorder } = await on.app.startWarren(handlers, options());
    await on.app.startWarren(handlers, options());
    const begunAt = performance.now();
    await warren.jobs.enqueueMany(Array.from({ length: 60 }, () => ({ job: 'news:mail', payload: 1 })));
    await until(() => starts.length === 60, 'all have started', 20_000);
    // A busy process may start one late, but none comes before its turn.
    const early = starts.sort((a, b) => a - b).filter((at, index) => at - begunAt < index * 50 - 10);
    expect(early).toEqual([]);
    expect(recorder.all('failed')).toEqual([]);
  });

  it('give a job back to the broker while its key has no room, and let others pass', async () => {
    const ends: Array<() => void> = [];
    const ran: string[] = [];
    const { warren, recorder } = await on.app.startWarren(
      [
        {
          type: 'news:',
          options: { attempts: 1, concurrency: { limit: 1, key: (payload: unknown) => String(payload) } },
          run: (payload: unknown) => {
            ran.push(String(payload));
            return payload === 'big' ? new Promise<void>((resolve) => ends.push(resolve)) : undefined;
          },
        },
      ],
      { store: store(), worker: { concurrency: 4 } },
    );
    await warren.jobs.enqueueMany(Array.from({ length: 10 }, () => ({ job: 'news:mail', payload: 'big' })));
    await warren.jobs.enqueue('news:mail', 'small');
    await until(() => ran.includes('small'), 'the other tenant passes', 5_000);
    await until(() => recorder.all('snoozed').length > 0, 'one went back');
    expect(ran.filter((tenant) => tenant === 'big')).toHaveLength(1);
    for (let ended = 0; ended < 10; ended += 1) {
      await until(() => ends.length > 0, `run ${ended + 1} began`);
      expect(ends).toHaveLength(1);
      ends.pop()!();
    }
    await until(async () => (await warren.jobs.counts()).all.completed === 11, 'all are recorded');
  }, 60_000);

  it('start nothing by a rate that a handler holds, in any worker', async () => {
    const starts: Array<readonly [number, string]> = [];
    let isRefused = false;
    const handlers = [
      {
        type: 'news:',
        options: { attempts: 1 },
        run: (payload: unknown, job: JobContext) => {
          starts.push([performance.now(), String(payload)]);
          if (isRefused) return;
          isRefused = true;
          throw job.rateLimited('2', { holdRate: true });
        },
      },
    ];
    const queues = { news: { rateLimit: { max: 100, per: '1s' } as const } };
    const { warren, recorder } = await on.app.startWarren(handlers, { store: store(), queues });
    await on.app.startWarren(handlers, { store: store(), queues });
    await warren.jobs.enqueue('news:mail', 'first');
    await until(() => starts.length === 1, 'the first was refused');
    await until(async () => (await warren.jobs.counts()).all.scheduled === 1, 'and put off');
    for (let count = 0; count < 4; count += 1) await warren.jobs.enqueue('news:mail', 'other');
    await until(() => starts.length === 6, 'all have run', 10_000);
    const [[refusedAt]] = starts as [readonly [number, string]];
    for (const [at] of starts.slice(1)) expect(at - refusedAt).toBeGreaterThanOrEqual(1_950);
    expect(recorder.all('failed')).toEqual([]);
  });
});
