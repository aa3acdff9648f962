import type { ErrorCode } from './codes.js';

/**
 * The tree of Warren's errors. Each has a stable `code` and a message that says what happened, where, and what to
 * do. Recognise them with `isWarrenError(error, code)`: it works across copies of the package, unlike `instanceof`.
 */

const BRAND = Symbol.for('nestjs-warren.error');

export interface WarrenErrorOptions {
  readonly cause?: unknown;
  /** Facts for machines: names, sizes, limits. Never payloads or credentials. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export class WarrenError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly [BRAND] = true;

  constructor(code: ErrorCode, message: string, options: WarrenErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** Whether `error` is Warren's own, and, with a code, whether it is that one. Never throws, whatever was thrown. */
export function isWarrenError(error: unknown, code?: ErrorCode): error is WarrenError {
  if (typeof error !== 'object' || error === null) return false;
  try {
    return BRAND in error && (code === undefined || (error as WarrenError).code === code);
  } catch {
    // A proxy whose traps throw.
    return false;
  }
}

/**
 * The queue holds its `maxLength` or `maxBytes` and took no more; `overflow: 'drop-oldest'` never throws it. Code
 * `WARREN_QUEUE_FULL`; `details` holds queue and limits too.
 */
export class QueueFullError extends WarrenError {
  readonly queue: string;
  /** As declared; undefined: none. What was lowered at run time is lower. */
  readonly maxLength: number | undefined;
  readonly maxBytes: number | undefined;

  constructor(
    what: string,
    full: {
      readonly queue: string;
      readonly maxLength: number | undefined;
      readonly maxBytes: number | undefined;
      readonly [detail: string]: unknown;
    },
  ) {
    super(
      'WARREN_QUEUE_FULL',
      `${what} was refused: queue '${full.queue}' holds its maximum${limitText(full)}. Add workers, raise the limit, enqueue later, or let the oldest go (overflow: 'drop-oldest').`,
      { details: full },
    );
    this.queue = full.queue;
    this.maxLength = full.maxLength;
    this.maxBytes = full.maxBytes;
  }
}

/** ` of 5 waiting jobs or 2000 bytes` */
function limitText(full: {
  readonly maxLength: number | undefined;
  readonly maxBytes: number | undefined;
}): string {
  const limits = [
    full.maxLength === undefined ? [] : `${full.maxLength} waiting jobs`,
    full.maxBytes === undefined ? [] : `${full.maxBytes} bytes`,
  ].flat();
  return limits.length === 0 ? '' : ` of ${limits.join(' or ')}`;
}

/** All that is wrong with options, decorators or definitions, in one error. */
export class ConfigurationError extends WarrenError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: WarrenErrorOptions) {
    // Boot, defineJob and enqueue raise it alike, so the text names no occasion; each problem names its place.
    const text =
      problems.length === 1
        ? problems[0]!
        : `${problems.length} configuration problems:${problems.map((problem) => `\n  - ${problem}`).join('')}`;
    super('WARREN_CONFIGURATION', text, options);
    this.problems = problems;
  }
}
