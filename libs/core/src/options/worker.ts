import type { Duration } from '../kernel/duration.js';
import { optional, withDefault, type Declares } from './describe.js';
import { byQueue, durationBetween, group, wholeNumber, yesOrNo } from './kinds.js';
import type { WorkerSettings } from './settings.js';
import { THREADS, threadSettings, type ThreadOptions } from './threads.js';

/** One queue, under `worker.queues`. */
export interface WorkerQueueOptions {
  /** Attempts at once from this queue. Default: `concurrency` of the worker. */
  readonly concurrency?: number;
}

/** How this process runs jobs, under `worker` of the module. */
export interface WorkerOptions {
  /** Attempts at once from each queue; it is the prefetch too. Default 10. */
  readonly concurrency?: number;
  /**
   * Settings by queue. A queue listed here is consumed even if no handler's type belongs to it, which makes sense
   * with a catch-all handler only.
   */
  readonly queues?: Readonly<Record<string, WorkerQueueOptions>>;
  /** Longest wait for running handlers at shutdown; then their signals abort and the jobs are given back. Default 30 s. */
  readonly shutdownTimeout?: Duration;
  /** `false`: consuming begins with `worker.start()` instead of at boot. Default true. */
  readonly autoStart?: boolean;
  /** Worker threads of handlers with `isolation: 'thread'`. */
  readonly threads?: ThreadOptions;
}

/** AMQP's prefetch is a 16-bit number. */
const MOST_CONCURRENCY = 65_535;

const WORKER_QUEUE = {
  concurrency: optional(
    wholeNumber(1, MOST_CONCURRENCY),
    'Attempts at once from this queue.',
    '`concurrency` of the worker',
  ),
} satisfies Declares<WorkerQueueOptions>;

export const WORKER = {
  concurrency: withDefault(
    wholeNumber(1, MOST_CONCURRENCY),
    'Attempts at once from each queue; it is the prefetch too.',
    10,
  ),
  queues: optional(
    byQueue<WorkerQueueOptions>(WORKER_QUEUE),
    'Settings by queue; a queue listed here is consumed even without a handler of its own.',
    'none',
  ),
  shutdownTimeout: withDefault(
    durationBetween(0),
    'Longest wait for running handlers at shutdown; then their signals abort and the jobs are given back.',
    '30s',
  ),
  autoStart: withDefault(
    yesOrNo,
    '`false`: consuming begins with `worker.start()` instead of at boot.',
    true,
  ),
  threads: optional(
    group<ThreadOptions>(THREADS),
    "Worker threads of handlers with `isolation: 'thread'`.",
    'as below',
  ),
} satisfies Declares<WorkerOptions>;

/** Of options without problems. */
export function workerSettings(
  options: WorkerOptions,
  { cores }: { readonly cores: number },
): WorkerSettings {
  const concurrency = WORKER.concurrency.resolve(options.concurrency);
  const queues = new Map(
    Object.entries(options.queues ?? {}).map(([queue, said]) => [queue, said?.concurrency ?? concurrency]),
  );
  return Object.freeze({
    listed: Object.freeze([...queues.keys()]),
    concurrencyOf: (queue: string) => queues.get(queue) ?? concurrency,
    shutdownTimeoutMs: WORKER.shutdownTimeout.resolve(options.shutdownTimeout),
    autoStart: WORKER.autoStart.resolve(options.autoStart),
    threads: threadSettings(options.threads ?? {}, { concurrency, cores }),
  });
}
