import type { ErrorCode } from 'nestjs-warren/ports';

/** What the exit code of `warren` tells scripts. The same numbers stand in docs/how-to/command-line.md. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  cannotConnect: 4,
  checkFailed: 5,
  partlyFailed: 6,
  refused: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An end that the command itself decides, with what to print and what to do about it. */
export class CliError extends Error {
  constructor(
    readonly exit: ExitCode,
    message: string,
    /** What to do; a line of its own. */
    readonly hint?: string,
  ) {
    super(message);
    this.name = 'CliError';
  }
}

export const usageError = (message: string, hint?: string): CliError =>
  new CliError(EXIT.usage, message, hint);

/** Whoever read the output has gone: nothing is left to be said. */
export class PipeClosed extends Error {
  constructor() {
    super('the output was closed');
    this.name = 'PipeClosed';
  }
}

/** What Warren's own errors mean to a script; those that are not here are failures. */
const BY_CODE: Partial<Record<ErrorCode, ExitCode>> = {
  WARREN_CONFIGURATION: EXIT.usage,
  WARREN_BAD_CURSOR: EXIT.usage,
  WARREN_NO_STORE: EXIT.usage,
  WARREN_PAYLOAD_INVALID: EXIT.usage,
  WARREN_PAYLOAD_NOT_JSON: EXIT.usage,
  WARREN_PAYLOAD_TOO_LARGE: EXIT.usage,
  WARREN_JOB_NOT_FOUND: EXIT.notFound,
  WARREN_QUEUE_NOT_FOUND: EXIT.notFound,
  WARREN_WORKER_NOT_FOUND: EXIT.notFound,
  WARREN_SCHEDULE_NOT_FOUND: EXIT.notFound,
  WARREN_UNROUTABLE: EXIT.notFound,
  WARREN_NOT_CONNECTED: EXIT.cannotConnect,
  WARREN_ACCESS_REFUSED: EXIT.cannotConnect,
  WARREN_STORE_UNAVAILABLE: EXIT.cannotConnect,
};

export function exitOf(code: string | undefined): ExitCode {
  return BY_CODE[code as ErrorCode] ?? EXIT.failure;
}
