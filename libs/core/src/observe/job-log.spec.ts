import type { LogFields, Logger } from '../kernel/logger.js';
import type { LogSettings } from '../options/settings.js';
import { jobLog } from './job-log.js';
import type { JobMoment, Moment } from './moments.js';

interface Written {
  readonly level: keyof Logger;
  readonly line: string;
  /** How many arguments the logger got. */
  readonly given: number;
  readonly fields: LogFields | undefined;
}

const JOB = { at: 9, jobId: 'id-1', type: 'email:new', queue: 'email', attempt: 2, correlationId: 'c' };
const RUN = { ...JOB, startedAt: 1, durationMs: 1_500 };
const error = { name: 'GatewayError', message: 'it is down', stack: 'at gateway', code: 'ECONNREFUSED' };

function written(moment: Moment, settings: Partial<LogSettings> = {}): Written[] {
  const lines: Written[] = [];
  const write =
    (level: keyof Logger) =>
    (...given: [string, LogFields?]) =>
      void lines.push({ level, line: given[0], given: given.length, fields: given[1] });
  const logger = { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
  jobLog(logger, { attempts: 'problems', fields: false, ...settings })(moment);
  return lines;
}

const ENDS: Array<[outcome: string, level: keyof Logger, moment: JobMoment]> = [
  ['retry', 'warn', { ...RUN, kind: 'retryScheduled', delayMs: 5, maxAttempts: 3, error }],
  ['failed', 'error', { ...RUN, kind: 'failed', reason: 'exhausted', maxAttempts: 3, error }],
  ['settleFailed', 'error', { ...RUN, kind: 'settleFailed', outcome: 'completed', error }],
  ['snoozed', 'debug', { ...RUN, kind: 'snoozed', delayMs: 5, reason: 'later' }],
  ['cancelled', 'info', { ...RUN, kind: 'cancelled', reason: 'no need', by: 'ann' }],
  ['duplicate', 'debug', { ...RUN, kind: 'duplicate', why: 'another owns it' }],
  ['interrupted', 'info', { ...RUN, kind: 'interrupted', why: 'shutdown' }],
  ['lost', 'warn', { ...RUN, kind: 'lost', why: 'the channel closed' }],
  ['completed', 'info', { ...RUN, kind: 'completed', result: { card: 'secret' } }],
];

describe('the log of jobs', () => {
  it.each(ENDS)('writes one line about an attempt that ended as %s', (outcome, level, moment) => {
    const lines = written(moment, { attempts: 'all' });
    expect(lines).toEqual([
      { level, line: expect.stringMatching(/^email:new id-1: /), given: 1, fields: undefined },
    ]);
    expect(written(moment)).toEqual(outcome === 'completed' ? [] : lines);
  });

  it.each(ENDS)('says the same in fields: %s', (outcome, _level, moment) => {
    const [line, ...more] = written(moment, { attempts: 'all', fields: true });
    expect(more).toEqual([]);
    expect(line!.line).toBe(written(moment, { attempts: 'all' })[0]!.line);
    expect(line!.fields).toEqual({
      jobId: 'id-1',
      jobType: 'email:new',
      queue: 'email',
      attempt: 2,
      correlationId: 'c',
      durationMs: 1_500,
      outcome,
      ...('error' in moment && { errorName: 'GatewayError' }),
    });
  });

  it('says of a completed attempt which it was and how long it took, and not what came of it', () => {
    const [{ line, fields }] = written(ENDS.at(-1)![2], { attempts: 'all', fields: true }) as [Written];
    expect(line).toBe('email:new id-1: completed at attempt 2 after 2s');
    expect(JSON.stringify(fields)).not.toContain('secret');
  });

  it('leaves out a correlation id that there is none of', () => {
    const moment = { ...ENDS[0]![2], correlationId: undefined };
    expect(written(moment, { fields: true })[0]!.fields).not.toHaveProperty('correlationId');
  });

  it('says of a message that is no job where it was', () => {
    const refused = { kind: 'refused', at: 1, queue: 'email', messageId: 'm', error } as const;
    const fields = { jobId: 'm', queue: 'email', outcome: 'refused', errorName: 'GatewayError' };
    expect(written(refused, { fields: true })).toMatchObject([{ level: 'error', fields }]);
    expect(written({ ...refused, messageId: undefined }, { fields: true })[0]!.fields).not.toHaveProperty(
      'jobId',
    );
    expect(written(refused)).toMatchObject([{ given: 1 }]);
  });

  it('gives no fields to lines that are about no job', () => {
    const moment = { kind: 'workerStarted', at: 1, queues: ['email'] } as const;
    expect(written(moment, { fields: true })).toMatchObject([{ level: 'info', given: 1 }]);
  });

  it('has no line for what happens thousands of times a second', () => {
    const started: Moment = { ...JOB, kind: 'started', redelivered: false, latenessMs: 0 };
    expect(written(started, { attempts: 'all', fields: true })).toEqual([]);
  });
});
