import type { LimitStore } from '../ports/store-limits.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { startHarness } from '../testing/harness.js';
import { ManualClock } from '../testing/manual-clock.js';

/** What a store keeps of a process whose jobs waited for limits, when that ends before the store. */

let clock: ManualClock;
let store: MemoryJobStore;
/** Processes that are told of free slots. */
let listeners: Set<string>;
let end: () => void;

beforeEach(() => {
  clock = new ManualClock();
  store = new MemoryJobStore({ clock });
  listeners = new Set();
});

/** Has one job that runs and one that waits for its slot. */
async function startWaiting(open: (listen: LimitStore['listen']) => LimitStore['listen']) {
  const ground = store.connect().limits;
  const listen: LimitStore['listen'] = async (process, onRoom) => {
    const stop = await ground.listen(process, onRoom);
    listeners.add(process);
    return () => {
      listeners.delete(process);
      stop();
    };
  };
  store.limits.listen = open(listen);
  const harness = await startHarness({
    clock,
    handlers: [{ type: 'pdf:render', run: () => new Promise<void>((resolve) => (end = resolve)) }],
    options: { store, queues: { pdf: { maxConcurrent: 1 } } },
  });
  for (let count = 0; count < 2; count += 1) await harness.jobs.enqueue('pdf:render', {});
  await clock.advance(100);
  return harness;
}

describe('a process that ends before its store', () => {
  it('is told of no free slots any more', async () => {
    const harness = await startWaiting((listen) => listen);
    expect(listeners.size).toBe(1);
    end();
    await clock.advance(100);
    end();
    await clock.advance(100);
    expect(listeners.size).toBe(1);
    await harness.close();
    expect(listeners.size).toBe(0);
  });

  it('is told of none either where the store begins to tell it after the end', async () => {
    let begin: () => void = () => undefined;
    const harness = await startWaiting((listen) => async (process, onRoom) => {
      await new Promise<void>((resolve) => (begin = resolve));
      return listen(process, onRoom);
    });
    expect(listeners.size).toBe(0);
    const closing = harness.warren.drain();
    end();
    await clock.advance(100);
    await closing;
    begin();
    await clock.advance(0);
    expect(listeners.size).toBe(0);
    await harness.close();
  });
});
