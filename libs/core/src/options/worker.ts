import type { Duration } from '../kernel/duration.js';

/** How this process runs jobs, under `worker` of the module. */
export interface WorkerOptions {
  /** Attempts at once from each queue; it is the prefetch too. Default 10. */
  readonly concurrency?: number;
  /**
   * Settings by queue. A queue listed here is consumed even if no handler's type belongs to it, which makes sense
   * with a catch-all handler only.
   */
  readonly queues?: Readonly<Record<string, { readonly concurrency?: number }>>;
  /** Longest wait for running handlers at shutdown; then their signals abort and the jobs are given back. Default 30 s. */
  readonly shutdownTimeout?: Duration;
  /** `false`: consuming begins with `worker.start()` instead of at boot. Default true. */
  readonly autoStart?: boolean;
}
