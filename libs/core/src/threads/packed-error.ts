import {
  ConfigurationError,
  NonRetryableJobError,
  RateLimitedJobError,
  RetryJobError,
  SnoozeJobError,
  WarrenError,
  describeError,
  isWarrenError,
  type ErrorCode,
} from '../kernel/errors/index.js';

/**
 * Anything thrown, as values that cross to another thread, and back. What decides an outcome survives: Warren's own
 * errors, control words included, are of their class again. Errors of other classes come back as an Error of that name,
 * or of JavaScript's own class.
 */
export type PackedError =
  /** No error was thrown but a value. */
  | { readonly kind: 'value'; readonly value: unknown }
  | {
      readonly kind: 'error';
      readonly isWarren: boolean;
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      readonly cause: PackedError | undefined;
      /** Everything else that can be copied: `code`, `status`, `details`, `delayMs`. */
      readonly facts: Readonly<Record<string, unknown>>;
    };

/** Causes may form a ring. */
const MOST_CAUSES = 8;
const MOST_FACTS = 50;

const OF_EVERY_ERROR = new Set(['name', 'message', 'stack', 'cause']);

/** Never throws. */
export function packError(thrown: unknown, causes = 0): PackedError {
  try {
    return thrown instanceof Error || isWarrenError(thrown) || isLikeError(thrown)
      ? packed(thrown, causes)
      : { kind: 'value', value: structuredClone(thrown) };
  } catch {
    const { name, message, stack } = describeError(thrown);
    return { kind: 'error', isWarren: false, name, message, stack, cause: undefined, facts: {} };
  }
}

function isLikeError(thrown: unknown): thrown is Error {
  return typeof thrown === 'object' && thrown !== null && 'message' in thrown && 'stack' in thrown;
}

function packed(thrown: Error, causes: number): PackedError {
  const { name, message, stack, cause } = thrown;
  return {
    kind: 'error',
    isWarren: isWarrenError(thrown),
    name: String(name),
    message: String(message),
    stack: typeof stack === 'string' ? stack : undefined,
    cause: cause === undefined || causes >= MOST_CAUSES ? undefined : packError(cause, causes + 1),
    facts: factsOf(thrown),
  };
}

function factsOf(thrown: object): Record<string, unknown> {
  const facts: Record<string, unknown> = {};
  for (const name of Object.keys(thrown).slice(0, MOST_FACTS)) {
    if (OF_EVERY_ERROR.has(name)) continue;
    try {
      facts[name] = structuredClone((thrown as unknown as Record<string, unknown>)[name]);
    } catch {
      // Functions, sockets and the like stay behind.
    }
  }
  return facts;
}

/** The error again; another object, with the same stack. */
export function unpackError(packed: PackedError): unknown {
  if (packed.kind === 'value') return packed.value;
  const { isWarren, name, stack, facts } = packed;
  const error = isWarren ? warrenError(packed) : plainError(packed);
  if (error.name !== name) define(error, 'name', name);
  define(error, 'stack', stack);
  for (const [fact, value] of Object.entries(facts)) {
    if (!Object.hasOwn(error, fact)) define(error, fact, value, { enumerable: true });
  }
  return error;
}

type PackedObject = Extract<PackedError, { kind: 'error' }>;

function warrenError({ message, cause, facts }: PackedObject): WarrenError {
  const code = facts['code'] as ErrorCode;
  const options = cause ? { cause: unpackError(cause) } : {};
  const delayMs = facts['delayMs'] as number;
  switch (code) {
    case 'WARREN_NON_RETRYABLE':
      return new NonRetryableJobError(message, options);
    case 'WARREN_RETRY':
      return new RetryJobError(delayMs, message, options);
    case 'WARREN_SNOOZE':
      return new SnoozeJobError(delayMs, message, options);
    case 'WARREN_RATE_LIMITED':
      return rateLimited(message, facts, options);
    case 'WARREN_CONFIGURATION':
      return new ConfigurationError((facts['problems'] as string[] | undefined) ?? [message], options);
    default:
      return new WarrenError(code, message, {
        ...options,
        details: (facts['details'] as Record<string, unknown> | undefined) ?? {},
      });
  }
}

function rateLimited(message: string, facts: PackedObject['facts'], options: { readonly cause?: unknown }) {
  const { at, inMs, holdRate } = facts as Partial<RateLimitedJobError>;
  const again = typeof at === 'number' ? new Date(at) : inMs;
  return new RateLimitedJobError(again, { ...options, message, holdRate: holdRate === true });
}

const OWN_CLASSES = new Map<string, new (message?: string, options?: ErrorOptions) => Error>(
  [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((own) => [own.name, own]),
);

function plainError({ name, message, cause }: PackedObject): Error {
  const OwnClass = OWN_CLASSES.get(name) ?? Error;
  return new OwnClass(message, cause ? { cause: unpackError(cause) } : undefined);
}

/** As the engine does: not enumerable. */
function define(
  error: Error,
  name: string,
  value: unknown,
  { enumerable }: { readonly enumerable: boolean } = { enumerable: false },
): void {
  Object.defineProperty(error, name, { value, enumerable, configurable: true, writable: true });
}
