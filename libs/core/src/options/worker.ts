import type { Duration } from '../kernel/duration.js';
import { isHandlerPattern } from '../job/type-name.js';
import { checkGroup, isRecord, optional, shown, withDefault, type Declares, type Kind } from './describe.js';
import { byQueue, durationBetween, group, wholeNumber, yesOrNo } from './kinds.js';
import type { WorkerSettings } from './settings.js';
import { THREADS, threadSettings, type ThreadOptions } from './threads.js';

/** One queue, under `worker.queues`. */
export interface WorkerQueueOptions {
  /** Attempts at once from this queue. Default: `concurrency` of the worker. */
  readonly concurrency?: number;
  /**
   * Its part of the starts while several queues have jobs, against the weights of the others, 1 to 1,000. Once a queue has
   * one, all queues of the worker share its `concurrency`, and those without have weight 1. Default: none.
   */
  readonly weight?: number;
}

/** One handler, under `worker.handlers`. */
export interface WorkerHandlerOptions {
  /** Attempts at once, whatever queues their jobs come from. */
  readonly concurrency: number;
}

/** How this process runs jobs, under `worker` of the module. */
export interface WorkerOptions {
  /** Attempts at once from each queue; it is the prefetch too. Where a queue has a weight: from all queues together. Default 10. */
  readonly concurrency?: number;
  /**
   * Settings by queue. A queue listed here is consumed even if no handler's type belongs to it, which makes sense
   * with a catch-all handler only.
   */
  readonly queues?: Readonly<Record<string, WorkerQueueOptions>>;
  /**
   * Settings by what a handler is for: a type, a prefix, or `''` for the catch-all. They cap what runs in this process, below
   * the queue's `concurrency`. Default: none.
   */
  readonly handlers?: Readonly<Record<string, WorkerHandlerOptions>>;
  /** Longest wait for running handlers at shutdown; then their signals abort and the jobs are given back. Default 30 s. */
  readonly shutdownTimeout?: Duration;
  /** `false`: consuming begins with `worker.start()` instead of at boot. Default true. */
  readonly autoStart?: boolean;
  /** Worker threads of handlers with `isolation: 'thread'`. */
  readonly threads?: ThreadOptions;
}

/** AMQP's prefetch is a 16-bit number. */
const MOST_CONCURRENCY = 65_535;

const MOST_WEIGHT = 1_000;

const WORKER_QUEUE = {
  concurrency: optional(
    wholeNumber(1, MOST_CONCURRENCY),
    'Attempts at once from this queue.',
    '`concurrency` of the worker',
  ),
  weight: optional(
    wholeNumber(1, MOST_WEIGHT),
    'Its part of the starts while several queues have jobs. Once a queue has one, all queues of the worker share its `concurrency`, and those without have weight 1.',
    'none',
  ),
} satisfies Declares<WorkerQueueOptions>;

const WORKER_HANDLER = {
  concurrency: optional(
    wholeNumber(1, MOST_CONCURRENCY),
    'Attempts at once, whatever queues their jobs come from.',
    'must be given',
  ),
} satisfies Declares<WorkerHandlerOptions>;

const byHandler: Kind<Readonly<Record<string, WorkerHandlerOptions>>> = {
  accepts: "an object: what the handler is for ('email:new', 'email:' or '') -> options",
  members: WORKER_HANDLER,
  isByName: true,
  problems: (value, path) =>
    isRecord(value)
      ? Object.entries(value).flatMap(([pattern, options]) => handlerProblems(pattern, options, path))
      : [`${path}: ${shown(value)} is not an object with what handlers are for as keys.`],
  resolve: (value) => value as Readonly<Record<string, WorkerHandlerOptions>>,
};

function handlerProblems(pattern: string, options: unknown, path: string): string[] {
  if (!isHandlerPattern(pattern)) {
    return [`${path}: ${shown(pattern)} is no job type, no prefix ('email:') and not ''.`];
  }
  const at = `${path}.${pattern || "''"}`;
  const problems = checkGroup(WORKER_HANDLER, options, at);
  if (isRecord(options) && options['concurrency'] === undefined) {
    problems.push(`${at}.concurrency: nothing is given.`);
  }
  return problems;
}

export const WORKER = {
  concurrency: withDefault(
    wholeNumber(1, MOST_CONCURRENCY),
    'Attempts at once from each queue; it is the prefetch too. Where a queue has a weight: from all queues together.',
    10,
  ),
  queues: optional(
    byQueue<WorkerQueueOptions>(WORKER_QUEUE),
    'Settings by queue; a queue listed here is consumed even without a handler of its own.',
    'none',
  ),
  handlers: optional(
    byHandler,
    "Settings by what a handler is for: a type, a prefix, or `''` for the catch-all.",
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
    weights: weightsOf(options, concurrency),
    handlerLimits: handlerLimitsOf(options),
    shutdownTimeoutMs: WORKER.shutdownTimeout.resolve(options.shutdownTimeout),
    autoStart: WORKER.autoStart.resolve(options.autoStart),
    threads: threadSettings(options.threads ?? {}, { concurrency, cores }),
  });
}

function weightsOf({ queues = {} }: WorkerOptions, slots: number): WorkerSettings['weights'] {
  const weights = new Map(Object.entries(queues).map(([queue, said]) => [queue, said?.weight]));
  const isWeighted = [...weights.values()].some((weight) => weight !== undefined);
  return isWeighted ? { slots, of: (queue) => weights.get(queue) ?? 1 } : undefined;
}

function handlerLimitsOf({ handlers }: WorkerOptions): WorkerSettings['handlerLimits'] {
  if (!handlers) return undefined;
  return new Map(Object.entries(handlers).map(([pattern, { concurrency }]) => [pattern, concurrency]));
}
