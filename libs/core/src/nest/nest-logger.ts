import { Logger as NestLogger } from '@nestjs/common';
import type { LogFields, LogService, Logger } from '../kernel/logger.js';

/** Warren's lines in Nest's log, context `Jobs`. */
export function nestLogger(): Logger {
  return fromService(new NestLogger('Jobs'));
}

/** The application's own logger, whose `info` may be called `log` as in Nest. What is neither is refused later. */
export function asLogger(given: Logger | LogService): Logger {
  return isLogService(given) ? fromService(given) : given;
}

/** Nest prints each argument that it is given: `undefined` is none. */
function fromService(service: LogService): Logger {
  const write = (level: keyof LogService) => (message: string, fields?: LogFields) => {
    if (fields === undefined) service[level]?.(message);
    else service[level]?.(message, fields);
  };
  return { error: write('error'), warn: write('warn'), info: write('log'), debug: write('debug') };
}

function isLogService(given: Logger | LogService): given is LogService {
  const methods = given as Partial<Record<keyof Logger | keyof LogService, unknown>> | null;
  const has = (name: 'error' | 'warn' | 'info' | 'log') => typeof methods?.[name] === 'function';
  return has('error') && has('warn') && has('log') && !has('info');
}
