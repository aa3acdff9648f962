import { Logger as NestLogger } from '@nestjs/common';
import type { LogService, Logger } from '../kernel/logger.js';

/** Warren's lines in Nest's log, context `Jobs`. */
export function nestLogger(): Logger {
  const logger = new NestLogger('Jobs');
  return {
    error: (message) => logger.error(message),
    warn: (message) => logger.warn(message),
    info: (message) => logger.log(message),
    debug: (message) => logger.debug(message),
  };
}

/** The application's own logger, whose `info` may be called `log` as in Nest. What is neither is refused later. */
export function asLogger(given: Logger | LogService): Logger {
  if (!isLogService(given)) return given;
  return {
    error: (message) => void given.error(message),
    warn: (message) => void given.warn(message),
    info: (message) => void given.log(message),
    debug: (message) => void given.debug?.(message),
  };
}

function isLogService(given: Logger | LogService): given is LogService {
  const methods = given as Partial<Record<keyof Logger | keyof LogService, unknown>> | null;
  const has = (name: 'error' | 'warn' | 'info' | 'log') => typeof methods?.[name] === 'function';
  return has('error') && has('warn') && has('log') && !has('info');
}
