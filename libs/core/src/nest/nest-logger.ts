import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from '../kernel/logger.js';

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
