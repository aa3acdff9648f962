import { ManualClock } from '../testing/manual-clock.js';
import { inChunks, pause } from './pace.js';

describe('a pace', () => {
  it('without a rate does all at once', async () => {
    const limits: number[] = [];
    await expect(inChunks(new ManualClock(), {}, async (limit) => limits.push(limit))).resolves.toBe(1);
    expect(limits).toEqual([Infinity]);
  });

  it('does so many a second, and ends with a chunk that is not full', async () => {
    const clock = new ManualClock();
    const chunks: Array<readonly [at: number, limit: number]> = [];
    let left = 25;
    const begin = clock.elapsed();
    const work = inChunks(clock, { rate: 10 }, async (limit) => {
      chunks.push([clock.elapsed() - begin, limit]);
      const done = Math.min(limit, left);
      left -= done;
      return done;
    });
    for (let step = 0; step < 3; step += 1) await clock.advance(1_000);
    await expect(work).resolves.toBe(25);
    expect(chunks).toEqual([
      [0, 10],
      [1_000, 10],
      [2_000, 10],
    ]);
  });

  it('takes larger chunks where one takes longer than a second', async () => {
    const clock = new ManualClock();
    const limits: number[] = [];
    const work = inChunks(clock, { rate: 10 }, async (limit) => {
      limits.push(limit);
      if (limits.length === 3) return 0;
      await clock.advance(4_000);
      return limit;
    });
    await expect(work).resolves.toBe(50);
    expect(limits).toEqual([10, 40, 40]);
  });

  it('ends at once when its signal aborts', async () => {
    const clock = new ManualClock();
    const end = new AbortController();
    const work = inChunks(clock, { rate: 1, signal: end.signal }, async (limit) => limit);
    end.abort();
    await expect(work).resolves.toBe(1);
    await pause(clock, 1_000_000, end.signal);
  });
});
