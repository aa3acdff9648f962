import type { JobContext } from '../job/context.js';
import type { Policy } from '../job/policy.js';
import { silentLogger } from '../kernel/logger.js';
import { TimerPool } from '../kernel/timer-pool.js';
import { Observers } from '../observe/observers.js';
import { ManualClock } from '../testing/manual-clock.js';
import { Attempt } from './attempt.js';
import type { Ending } from './ending.js';
import type { CompiledHandler } from './routes.js';
import type { Run } from './settle.js';
import { Zombies } from './zombies.js';

const TIMEOUT_MS = 1_000;
const GRACE_MS = 5_000;

describe('an attempt', () => {
  const clock = new ManualClock();
  /** For so long the event loop stood still. */
  let blockedMs: number;
  let context: JobContext;

  beforeEach(() => {
    blockedMs = 0;
  });

  function run(call: () => unknown): Ending | Promise<Ending> {
    return attemptOf(call).run();
  }

  function attemptOf(call: () => unknown): Attempt {
    const envelope = {
      id: 'id-1',
      type: 'a:b',
      queue: 'a',
      attempt: 1,
      enqueuedAt: 1,
      own: {},
      generation: 1,
      headers: {},
      history: [],
    };
    const blocked = {
      now: () => clock.now(),
      elapsed: () => clock.elapsed() + blockedMs,
      setTimer: (delayMs: number, callback: () => void) => clock.setTimer(delayMs, callback),
    };
    const handler = {
      place: 'Handlers.run',
      isIsolated: false,
      call: (given: JobContext) => {
        context = given;
        return call();
      },
    } as unknown as CompiledHandler;
    const policy = { attempts: 3, timeoutMs: TIMEOUT_MS } as Policy;
    const of = { envelope, delivery: {} } as unknown as Run;
    const parts = {
      clock: blocked,
      timers: new TimerPool(blocked),
      logger: silentLogger,
      zombies: new Zombies(),
      observers: new Observers(silentLogger),
      records: undefined,
    };
    return new Attempt(of, handler, policy, null, 0, parts);
  }

  it('is over with the call of a handler that returns a value, or throws', () => {
    const error = new Error('no');
    expect(run(() => 7)).toEqual({ kind: 'value', value: 7 });
    expect(
      run(() => {
        throw error;
      }),
    ).toEqual({ kind: 'thrown', thrown: error });
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for whatever has a then', async () => {
    const later = { then: (resolve: (value: number) => void) => resolve(7) };
    await expect(run(() => later)).resolves.toEqual({ kind: 'value', value: 7 });
    await expect(run(() => Promise.reject(new TypeError('no')))).resolves.toMatchObject({ kind: 'thrown' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('has no timeout any more when it is cancelled before its handler returned', async () => {
    const attempt = attemptOf(() => {
      attempt.interrupt({ kind: 'cancelled', reason: 'no need', by: 'op' });
      return new Promise(() => undefined);
    });
    const ending = attempt.run();
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(GRACE_MS);
    await expect(ending).resolves.toEqual({ kind: 'cancelled', reason: 'no need', by: 'op' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('counts towards its timeout what its handler blocked before it returned', async () => {
    const ending = run(() => {
      blockedMs = 700;
      return new Promise((_, reject) =>
        context.signal.addEventListener('abort', () => reject(new Error('stopped'))),
      );
    });
    await clock.advance(299);
    expect(context.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(context.signal.aborted).toBe(true);
    await expect(ending).resolves.toMatchObject({ kind: 'thrown', thrown: { code: 'WARREN_TIMEOUT' } });
  });
});
