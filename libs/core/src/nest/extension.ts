import type { JobsOptions } from '../options/module.js';
import type { Warren } from '../runtime/warren.js';

/** How another module of the application adds to all connections at once: tracing and metrics do so. */

/**
 * Token of the one extension of an application. A global module provides and exports it; each `JobsModule` of the
 * application asks for it while it is made, so that it counts for the first enqueue already. Where several modules have
 * something to add, the application provides one that calls them all.
 */
export const JOBS_EXTENSION = 'warren:extension';

export interface JobsExtension {
  /** Middleware of a connection, around that of its options. Asked for once, before the connection is made. */
  middleware?(connection: string): NonNullable<JobsOptions['middleware']>;
  /** Told of each connection, once, before it is started: the place for `warren.observe`. What it throws ends the boot. */
  connectionMade?(warren: Warren, connection: string): void;
}

/** The options with middleware around theirs. Wrong options stay as they are, for the check to find. */
export function withMiddleware(options: JobsOptions, outer: JobsOptions['middleware']): JobsOptions {
  if (!outer) return options;
  const { middleware: inner } = options;
  const isSound = inner === undefined || [inner.enqueue ?? [], inner.run ?? []].every(Array.isArray);
  if (!isSound) return options;
  return {
    ...options,
    middleware: {
      ...inner,
      enqueue: [...(outer.enqueue ?? []), ...(inner?.enqueue ?? [])],
      run: [...(outer.run ?? []), ...(inner?.run ?? [])],
    },
  };
}
