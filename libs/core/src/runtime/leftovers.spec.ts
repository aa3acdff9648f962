import { NonRetryableJobError, RetryJobError, SnoozeJobError } from '../kernel/errors/index.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { settled } from '../testing/manual-clock.js';

const JOBS = 10_000;

/** The maps of the worker that hold something for each job. */
function memoryOf({ warren }: Harness) {
  const { memory, runs } = warren['worker']!['parts'];
  return { known: memory.awaited, running: runs.size, attempts: warren.runningCount };
}

describe('after ten thousand jobs of all outcomes', () => {
  let harness: Harness;
  afterEach(() => harness.close());

  it('nothing runs or is awaited of them, and no timer waits', async () => {
    const thrown = [new RetryJobError(5), new SnoozeJobError(5), new NonRetryableJobError('no')];
    const seen = new Set<unknown>();
    harness = await startHarness({
      handlers: [
        {
          type: 'email:new',
          run: async (index) => {
            await Promise.resolve();
            const error = thrown[(index as number) % 10];
            if (!error || seen.has(index)) return;
            seen.add(index);
            throw error;
          },
        },
      ],
      options: { worker: { concurrency: 100 } },
    });
    await harness.jobs.enqueue('email:new', 9);
    await harness.recorder.next('completed');
    await settled();
    const before = { ...memoryOf(harness), timers: harness.clock.pendingTimers };
    for (let index = 0; index < JOBS; index += 1) {
      await harness.jobs.enqueue('email:new', index);
      if (index % 2_500 === 1_250) harness.loseConsumers('email');
    }
    const ended = () => harness.recorder.all('completed').length + harness.recorder.all('failed').length;
    while (ended() < JOBS + 1) await harness.clock.advance(10);
    expect({ ...memoryOf(harness), timers: harness.clock.pendingTimers }).toEqual(before);
    expect(before).toMatchObject({ known: 0, running: 0, attempts: 0 });
  });
});
