import { jest } from '@jest/globals';
import { ConsoleLogger, Logger as NestLogger } from '@nestjs/common';
import { asLogger, nestLogger } from './nest-logger.js';

describe("Nest's logger", () => {
  const fields = { jobId: '1', outcome: 'retry' };

  afterEach(() => {
    NestLogger.overrideLogger(true);
    jest.restoreAllMocks();
  });

  it('gets fields with a line, and nothing in their place where there are none', () => {
    const given: unknown[][] = [];
    // Nest puts an undefined stack into errors that have none.
    const take = (...all: unknown[]) => void given.push(all.filter((each) => each !== undefined));
    NestLogger.overrideLogger({ error: take, warn: take, log: take, debug: take });
    const logger = nestLogger();
    for (const level of ['error', 'warn', 'info', 'debug'] as const) {
      logger[level](level);
      logger[level](level, fields);
    }
    expect(given).toEqual(
      ['error', 'warn', 'info', 'debug'].flatMap((level) => [
        [level, 'Jobs'],
        [level, fields, 'Jobs'],
      ]),
    );
  });

  it('prints fields beside the message, in JSON as params', () => {
    const out: string[] = [];
    const write = (text: string | Uint8Array) => out.push(String(text)) > 0;
    jest.spyOn(process.stdout, 'write').mockImplementation(write);
    jest.spyOn(process.stderr, 'write').mockImplementation(write);
    const logger = asLogger(new ConsoleLogger('Mine', { json: true }));
    logger.warn('a line', fields);
    logger.error('an error', fields);
    logger.info('plain');
    jest.restoreAllMocks();
    expect(out.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ level: 'warn', message: 'a line', context: 'Mine', params: fields }),
      expect.objectContaining({ level: 'error', message: 'an error', context: 'Mine', params: fields }),
      expect.not.objectContaining({ params: expect.anything() }),
    ]);
  });

  it('may have no debug', () => {
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const logger = asLogger({ error: log, warn: log, log });
    logger.debug('left out', fields);
    logger.info('kept', fields);
    expect(lines).toEqual(['kept']);
  });

  it('may be any object that has the four methods, which is left as it is', () => {
    const own = { error() {}, warn() {}, info() {}, debug() {} };
    expect(asLogger(own)).toBe(own);
  });
});
