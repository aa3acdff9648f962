import type { JobContext } from '../job/context.js';

/**
 * Told of each attempt that failed with an error. `error` is what was thrown; of a handler with `isolation: 'thread'`, the
 * copy of it that crossed to the main thread. `final`: nobody retries the job by itself; it goes to the dead letters.
 * Never awaited; what it throws or rejects with is logged once.
 */
export type JobErrorHook = (
  context: JobContext,
  error: unknown,
  about: { readonly final: boolean },
) => void | Promise<void>;
