import type { LoopClock, Timer } from '../kernel/clock.js';
import type { JobsOptions } from '../options/module.js';
import { settled } from '../testing/manual-clock.js';
import { startHarness, type Harness, type HarnessHandler } from '../testing/harness.js';

/** Stands still and ticks when it is told to. */
class ManualLoop implements LoopClock {
  private elapsedMs = 0;
  private usedMs = 0;
  private readonly callbacks = new Set<() => void>();

  monotonicMs(): number {
    return this.elapsedMs;
  }

  cpuMs(): number {
    return this.usedMs;
  }

  every(_intervalMs: number, callback: () => void): Timer {
    this.callbacks.add(callback);
    return { cancel: () => void this.callbacks.delete(callback) };
  }

  get isTicking(): boolean {
    return this.callbacks.size > 0;
  }

  pass(ms: number, cpuMs = ms): void {
    this.elapsedMs += ms;
    this.usedMs += cpuMs;
  }

  tick(): void {
    this.pass(250, 0);
    for (const callback of [...this.callbacks]) callback();
  }
}

describe('an event loop that is blocked', () => {
  let harness: Harness;
  let loop: ManualLoop;
  afterEach(() => harness.close());

  async function start(handlers: readonly HarnessHandler[], options: JobsOptions = {}): Promise<void> {
    loop = new ManualLoop();
    harness = await startHarness({ handlers, options, loopClock: loop });
  }

  const blocking = (type: string, ms = 4_200, cpuMs = ms): HarnessHandler => ({
    type,
    run: async () => {
      // As a computation between two timers: both clocks go on, and nothing else runs.
      loop.pass(ms, cpuMs);
      await harness.clock.advance(ms);
    },
  });
  const waiting = (type: string): HarnessHandler => ({ type, run: () => new Promise(() => undefined) });
  const warnings = () => harness.lines('warn').filter((line) => line.startsWith('Event loop'));
  const completed = async () => {
    await harness.recorder.next('completed');
    // Its slot is free a turn later.
    await settled();
  };
  const enqueue = async (type: string, id: string) => {
    await harness.jobs.enqueue(type, {}, { id });
    await harness.recorder.next('started');
  };

  it('is told with the job that blocked it and has ended since', async () => {
    await start([blocking('report:pdf')]);
    await enqueue('report:pdf', 'r-1');
    await completed();
    loop.tick();
    expect(harness.recorder.all('eventLoopBlocked')).toMatchObject([
      {
        blockedMs: 4_200,
        cpuMs: 4_200,
        connectionHeartbeatMs: undefined,
        jobs: [{ type: 'report:pdf', jobId: 'r-1', place: "handler of 'report:pdf'" }],
      },
    ]);
    expect(warnings()).toEqual([
      "Event loop was blocked for 4.2 s while running report:pdf r-1 in handler of 'report:pdf'; meanwhile nothing else ran in this process: no connection heartbeats, no acks, no timeouts, no other jobs. The process computed (4.2 s of CPU): give long computations to a worker thread (isolation: 'thread'), or await between pieces of the work.",
    ]);
  });

  it('is told with those that ran meanwhile, three by name', async () => {
    await start(['a:', 'b:', 'c:', 'd:', 'e:'].map(waiting), { worker: { concurrency: 10 } });
    for (const type of ['a:x', 'b:x', 'c:x', 'd:x', 'e:x']) await enqueue(type, `${type[0]}-1`);
    loop.pass(1_500);
    loop.tick();
    expect(warnings().join()).toMatch(
      /while running a:x a-1 in handler of 'a:', b:x b-1 in .*, c:x c-1 in handler of 'c:' and 2 more;/,
    );
    expect(harness.recorder.all('eventLoopBlocked')[0]!.jobs).toHaveLength(5);
  });

  it('is not laid on a job that ended before it began', async () => {
    await start([{ type: 'early:job', run: () => harness.clock.advance(100) }, waiting('late:job')]);
    await enqueue('early:job', 'e');
    await completed();
    await enqueue('late:job', 'l');
    await harness.clock.advance(5_000);
    loop.pass(5_000);
    loop.tick();
    expect(harness.recorder.all('eventLoopBlocked')).toMatchObject([{ jobs: [{ jobId: 'l' }] }]);
  });

  it('is not told below a second, and not of a process in which no job ran', async () => {
    await start([blocking('short:job', 999), blocking('quick:job', 20)]);
    await enqueue('short:job', 's');
    await completed();
    loop.tick();
    await enqueue('quick:job', 'q');
    await completed();
    loop.pass(5_000);
    loop.tick();
    expect(harness.recorder.all('eventLoopBlocked')).toEqual([]);
  });

  it('is watched only while jobs run', async () => {
    let finish!: () => void;
    await start([{ type: 'held:job', run: () => new Promise<void>((resolve) => (finish = resolve)) }]);
    expect(loop.isTicking).toBe(false);
    await enqueue('held:job', 'h');
    loop.tick();
    expect(loop.isTicking).toBe(true);
    finish();
    await completed();
    loop.tick();
    expect(loop.isTicking).toBe(false);
    await enqueue('held:job', 'again');
    expect(loop.isTicking).toBe(true);
  });

  it('is written once a minute for each job type, and told each time', async () => {
    await start([blocking('a:job'), blocking('b:job')]);
    for (const type of ['a:job', 'a:job', 'b:job', 'a:job']) {
      await enqueue(type, `${type}-${Math.random()}`);
      await completed();
      loop.tick();
    }
    expect(warnings().map((line) => /running (\S+)/.exec(line)![1])).toEqual(['a:job', 'b:job']);
    await harness.clock.advance(60_000);
    await enqueue('a:job', 'later');
    await completed();
    loop.tick();
    expect(warnings()).toHaveLength(3);
    expect(harness.recorder.all('eventLoopBlocked')).toHaveLength(5);
  });

  it('that hardly computed may have been a synchronous call or a process that stood still', async () => {
    await start([blocking('export:job', 8_000, 100)]);
    await enqueue('export:job', 'x');
    await completed();
    loop.tick();
    expect(warnings().join()).toMatch(
      /hardly computed \(0\.1 s of CPU\): it sat in a synchronous call .*; or it was stopped/,
    );
  });
});
