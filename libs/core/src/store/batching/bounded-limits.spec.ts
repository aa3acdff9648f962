import { jest } from '@jest/globals';
import { captureContext } from '../../kernel/detached.js';
import type { LimitAnswer, LimitRequest, SlotRule } from '../../ports/store-limits.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { MemoryJobStore } from '../memory/index.js';
import { BatchedRecords } from './index.js';

const RULE: SlotRule = { kind: 'slots', name: 'rule', key: '', limit: 1 };

function request(ticket: string): LimitRequest {
  const rules = [RULE];
  return { ticket, job: ticket, process: 'p', waitedMs: 0, holdMs: 0, leaseMs: 60_000, isPaid: false, rules };
}

describe('the bounded way to limits', () => {
  it('gives back slots whose answer came when nobody waited for it any more', async () => {
    const clock = new ManualClock();
    const { records, limits } = new MemoryJobStore({ clock });
    let answer!: () => void;
    const slow = Object.assign(Object.create(limits) as typeof limits, {
      take: async (requests: readonly LimitRequest[]): Promise<LimitAnswer[]> => {
        const answers = await limits.take(requests);
        await new Promise<void>((resolve) => (answer = resolve));
        return answers;
      },
    });
    const batched = new BatchedRecords({ records, jobLimits: slow, clock, detached: captureContext() });
    const asked = batched.jobLimits!.take(request('a')).catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(await asked).toMatchObject({ code: 'WARREN_STORE_UNAVAILABLE' });
    expect(await limits.take([request('b')])).toEqual([{ kind: 'full', rule: 0 }]);
    answer();
    await clock.advance(1_000);
    expect(await limits.take([request('b')])).toEqual([{ kind: 'in', startInMs: 0 }]);
  });

  it('goes out once for what is asked in one turn', async () => {
    const clock = new ManualClock();
    const { records, limits } = new MemoryJobStore({ clock });
    const take = jest.fn((requests: readonly LimitRequest[]) => limits.take(requests));
    const jobLimits = Object.assign(Object.create(limits) as typeof limits, { take });
    const batched = new BatchedRecords({ records, jobLimits, clock });
    const answers = ['a', 'b', 'c'].map((ticket) => batched.jobLimits!.take(request(ticket)));
    expect((await Promise.all(answers)).map(({ kind }) => kind)).toEqual(['in', 'full', 'full']);
    expect(take).toHaveBeenCalledTimes(1);
  });
});
