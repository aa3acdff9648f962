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
 * The queue holds its `maxLength` and took no more; `overflow: 'drop-oldest'` never throws it. Code
 * `WARREN_QUEUE_FULL`; `details` holds queue and maxLength too.
 */
export class QueueFullError extends WarrenError {
  readonly queue: string;
  readonly maxLength: number;

  constructor(
    what: string,
    full: { readonly queue: string; readonly maxLength: number; readonly [detail: string]: unknown },
  ) {
    super(
      'WARREN_QUEUE_FULL',
      `${what} was refused: queue '${full.queue}' holds its maximum of ${full.maxLength} waiting jobs. Add workers, raise maxLength, enqueue later, or let the oldest go (overflow: 'drop-oldest').`,
      { details: full },
    );
    this.queue = full.queue;
    this.maxLength = full.maxLength;
  }
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
