/** Where Warren writes its lines. Levels: error needs a human, warn needs a look, info is a life event. */
export interface Logger {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

/** A logger that calls `info` `log`, as Nest's LoggerService does. Without `debug`, such lines are left out. */
export interface LogService {
  error(message: string): unknown;
  warn(message: string): unknown;
  log(message: string): unknown;
  debug?(message: string): unknown;
}

export const silentLogger: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};
