import type { JobMoment } from '../observe/moments.js';
import { carried, keyOf, readCarried } from './carried-moment.js';

const OF_JOB = { at: 1, jobId: 'job', type: 'email:new', queue: 'email', attempt: 1, correlationId: 'c' };
const RUN = { ...OF_JOB, startedAt: 1, durationMs: 5 };
const ERROR = { name: 'Error', message: 'boom', stack: 'at a\nat b' };

const overTheAir = (moment: JobMoment): unknown =>
  readCarried(JSON.parse(JSON.stringify(carried(moment, 'host:1'))));

describe('a moment that is carried to another process', () => {
  const moments: JobMoment[] = [
    { kind: 'enqueued', ...OF_JOB, notBefore: 5 },
    { kind: 'enqueueFailed', ...OF_JOB, error: ERROR },
    { kind: 'started', ...OF_JOB, redelivered: false, latenessMs: 0 },
    { kind: 'progressed', ...OF_JOB, progress: { done: 1, total: 2 } },
    { kind: 'completed', ...RUN, result: { id: 7 } },
    { kind: 'retryScheduled', ...RUN, delayMs: 1, maxAttempts: 3, error: ERROR },
    { kind: 'snoozed', ...RUN, delayMs: 1, reason: 'later' },
    { kind: 'failed', ...RUN, reason: 'exhausted', maxAttempts: 3, error: ERROR },
    { kind: 'cancelled', ...RUN, reason: 'why', by: 'who' },
    { kind: 'duplicate', ...RUN, why: 'x' },
    { kind: 'interrupted', ...RUN, why: 'x' },
    { kind: 'lost', ...RUN, why: 'x' },
    { kind: 'settleFailed', ...RUN, outcome: 'retry', error: ERROR },
  ];

  it.each(moments.map((moment) => [moment.kind, moment] as const))('arrives as it was: %s', (_, moment) => {
    expect(overTheAir(moment)).toEqual({ ...moment, process: 'host:1' });
  });

  it('comes without a result or progress above 16 KiB, or that is no JSON', () => {
    const ring: { self?: unknown } = {};
    ring.self = ring;
    for (const value of ['x'.repeat(16_400), ring, 1n]) {
      expect(overTheAir({ kind: 'completed', ...RUN, result: value })).toEqual({
        kind: 'completed',
        ...RUN,
        process: 'host:1',
      });
      expect(overTheAir({ kind: 'progressed', ...OF_JOB, progress: value })).not.toHaveProperty('progress');
    }
  });

  it('comes without a stack above 2 KiB', () => {
    const error = { ...ERROR, stack: 'x'.repeat(2_100) };
    expect(overTheAir({ kind: 'enqueueFailed', ...OF_JOB, error })).toMatchObject({
      error: { name: 'Error', message: 'boom' },
    });
    expect(JSON.stringify(overTheAir({ kind: 'enqueueFailed', ...OF_JOB, error }))).not.toContain('xxx');
  });

  it('is none when somebody else made it up', () => {
    const good = carried(moments[4]!, 'host:1') as { moment: object };
    expect(readCarried(good)).toBeDefined();
    const bad: unknown[] = [
      undefined,
      null,
      'text',
      [],
      {},
      { ...good, v: 2 },
      { ...good, process: 5 },
      { ...good, moment: null },
      { ...good, moment: { ...good.moment, kind: 'workerStarted' } },
      { ...good, moment: { ...good.moment, kind: 'toString' } },
      { ...good, moment: { ...good.moment, jobId: 5 } },
      { ...good, moment: { ...good.moment, durationMs: '5' } },
      { ...good, moment: { ...good.moment, kind: 'failed', error: { name: 'x' } } },
    ];
    for (const body of bad) expect(readCarried(body)).toBeUndefined();
  });

  it('goes under its kind and type, in 255 bytes', () => {
    expect(keyOf(moments[4]!)).toBe('completed.email:new');
    for (const letter of ['x', 'ü', '世']) {
      const key = keyOf({ ...moments[4]!, type: letter.repeat(300) });
      expect(Buffer.byteLength(key)).toBeLessThanOrEqual(255);
      expect(key).toMatch(new RegExp(`^completed\\.${letter}+$`, 'u'));
    }
  });
});
