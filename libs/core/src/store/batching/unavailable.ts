import { WarrenError } from '../../kernel/errors/index.js';

/** What happened to a call, for its caller, who goes on without the store. */
export function unavailable(why: string, cause?: unknown): WarrenError {
  return new WarrenError(
    'WARREN_STORE_UNAVAILABLE',
    `The job store ${why}. Jobs go on without it; look at its health and at the cause.`,
    { cause },
  );
}
