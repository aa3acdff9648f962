/**
 * Where Warren writes its lines. Levels: error needs a human, warn needs a look, info is a life event. `fields` says in
 * values what the line says in words; a logger may leave them out.
 */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}

/** Text, numbers and booleans, by name. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A logger that calls `info` `log`, as Nest's LoggerService does. Without `debug`, such lines are left out. */
export interface LogService {
  error(message: string, fields?: unknown): unknown;
  warn(message: string, fields?: unknown): unknown;
  log(message: string, fields?: unknown): unknown;
  debug?(message: string, fields?: unknown): unknown;
}

export const silentLogger: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};
