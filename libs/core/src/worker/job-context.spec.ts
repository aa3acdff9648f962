import type { LogFields, Logger } from '../kernel/logger.js';
import { AttemptContext } from './job-context.js';

describe('the logger of a job', () => {
  it('names the job in each line, hands fields on, and keeps the text with the job', () => {
    const written: unknown[][] = [];
    const kept: unknown[][] = [];
    const write =
      (level: keyof Logger) =>
      (...given: [string, LogFields?]) =>
        void written.push([level, ...given]);
    const { logger } = new AttemptContext(
      {
        id: 'id-1',
        type: 'a:b',
        queue: 'a',
        attempt: 2,
        enqueuedAt: 1,
        own: {},
        generation: 1,
        headers: {},
        history: [],
      },
      { attempts: 3, deadlineMs: undefined },
      null,
      { redelivered: false, deliveryCount: 0 },
      {
        signal: new AbortController().signal,
        heartbeat() {},
        progress() {},
        line: (...line) => void kept.push(line),
      },
      { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') },
    );
    logger.info('half done');
    logger.warn('slow', { ms: 900 });
    expect(written).toEqual([
      ['info', '[a:b id-1 #2] half done'],
      ['warn', '[a:b id-1 #2] slow', { ms: 900 }],
    ]);
    expect(kept).toEqual([
      ['info', 'half done'],
      ['warn', 'slow'],
    ]);
  });
});
