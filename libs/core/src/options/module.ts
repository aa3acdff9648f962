import type { LogService, Logger } from '../kernel/logger.js';
import type { PolicyOptions } from '../job/policy.js';
import type { EnqueueMiddleware, JobMiddleware } from '../middleware/types.js';
import { CONNECTION, connectionProblems, type ConnectionOptions } from './connection.js';
import { checkGroup, isRecord, optional, withDefault, type Declares, type Kind } from './describe.js';
import {
  aFunction,
  byQueue,
  group,
  listOfFunctions,
  objectWith,
  wholeNumber,
  yesOrNo,
  oneOf,
} from './kinds.js';
import type { JobErrorHook } from './error-hook.js';
import { LOG, type LogOptions } from './log.js';
import { POLICY } from './policy.js';
import { STORE, type StoreOptions } from './store.js';
import { QUEUE, contradictions, type QueueOptions } from './queue.js';
import { SCHEDULES, type SchedulesOptions } from './schedule.js';
import { WORKER, type WorkerOptions } from './worker.js';

/** What `JobsModule.forRoot` takes. */
export interface JobsOptions extends ConnectionOptions, StoreOptions {
  /** What jobs get unless queue, definition, handler or enqueue say otherwise. */
  readonly defaults?: PolicyOptions;
  /** Queues with settings of their own, and those named explicitly by a `queue` option anywhere. */
  readonly queues?: Readonly<Record<string, QueueOptions>>;
  /** `false`: this process only enqueues. Default: it runs the jobs of the handlers that it has. */
  readonly worker?: false | WorkerOptions;
  /**
   * Schedules of this process: `false`: it declares none and makes no jobs of any. Default: with a worker and a job
   * store it takes part.
   */
  readonly schedules?: false | SchedulesOptions;
  /** Whether global guards, interceptors, pipes and filters, mostly made for HTTP, run for jobs too. Default false. */
  readonly globalEnhancers?: boolean;
  /**
   * What a worker does at boot about classes with handlers that it has loaded but that no module provides: their
   * jobs would never run. Default `error`; under NODE_ENV=test `ignore`, as tests provide a part of what they load.
   */
  readonly unprovidedHandlers?: 'error' | 'warn' | 'ignore';
  /** Wrap each enqueue and each attempt; first is outermost. */
  readonly middleware?: {
    readonly enqueue?: readonly EnqueueMiddleware[];
    readonly run?: readonly JobMiddleware[];
  };
  /** Largest encoded payload. Default 5 MB. */
  readonly maxPayloadBytes?: number;
  /** Where Warren's lines go; a LoggerService of Nest does too. Default: Nest's logger, context `Jobs`. */
  readonly logger?: Logger | LogService;
  /** What the log says of jobs. */
  readonly log?: LogOptions;
  /**
   * Called for each attempt that failed with an error, timeouts included, when the broker was told what follows; for
   * error trackers. Not for snoozes, cancellations, shutdown. Default: none.
   */
  readonly onJobError?: JobErrorHook;
}

type Middleware = NonNullable<JobsOptions['middleware']>;

const MIDDLEWARE = {
  enqueue: optional(listOfFunctions<EnqueueMiddleware>(), 'Wrap each enqueue; first is outermost.', 'none'),
  run: optional(listOfFunctions<JobMiddleware>(), 'Wrap each attempt; first is outermost.', 'none'),
} satisfies Declares<Middleware>;

const worker: Kind<false | WorkerOptions> = {
  accepts: 'an object of options, or false: this process only enqueues',
  members: WORKER,
  problems: (value, path) => (value === false ? [] : checkGroup(WORKER, value, path)),
  resolve: (value) => value as false | WorkerOptions,
};

const schedules: Kind<false | SchedulesOptions> = {
  accepts: 'an object of options, or false: this process has nothing to do with schedules',
  members: SCHEDULES,
  problems: (value, path) => (value === false ? [] : checkGroup(SCHEDULES, value, path)),
  resolve: (value) => value as false | SchedulesOptions,
};

export const MODULE = {
  ...CONNECTION,
  ...STORE,
  defaults: optional(
    group<PolicyOptions>(POLICY),
    'What jobs get unless queue, definition, handler or enqueue say otherwise.',
    'as below',
  ),
  queues: optional(
    byQueue<QueueOptions>(QUEUE),
    'Queues with settings of their own, and those named explicitly by a `queue` option anywhere.',
    'none',
  ),
  worker: withDefault(worker, 'How this process runs the jobs of the handlers that it has.', {}, 'as below'),
  schedules: withDefault(
    schedules,
    'Schedules of this process; `false`: it declares none and makes no jobs of any. They need a worker and a job store.',
    {},
    'as below',
  ),
  globalEnhancers: withDefault(
    yesOrNo,
    'Whether global guards, interceptors, pipes and filters, mostly made for HTTP, run for jobs too.',
    false,
  ),
  unprovidedHandlers: optional(
    oneOf('error', 'warn', 'ignore'),
    'What a worker does at boot about classes with handlers that it has loaded but that no module provides.',
    '`error`; under NODE_ENV=test `ignore`',
  ),
  middleware: optional(group<Middleware>(MIDDLEWARE), 'Code around enqueueing and running.', 'none'),
  // RabbitMQ's own `max_message_size` is this out of the box, and 16 MiB from 4.0 on.
  maxPayloadBytes: withDefault(wholeNumber(1, 128 * 1024 * 1024), 'Largest encoded payload.', 5_000_000),
  logger: optional(
    objectWith<Logger>('a logger', 'error', 'warn', 'info', 'debug'),
    "Where Warren's lines go; a LoggerService of Nest (`log` for `info`) does too.",
    "Nest's logger, context `Jobs`",
  ),
  log: optional(group<LogOptions>(LOG), 'What the log says of jobs.', 'as below'),
  onJobError: optional(
    aFunction as Kind<JobErrorHook>,
    'Called with context, error and `{ final }` for each attempt that failed with an error; for error trackers.',
    'none',
  ),
} satisfies Declares<JobsOptions>;

/** Everything that is wrong with the module's options. Empty: nothing. */
export function checkJobsOptions(options: JobsOptions): string[] {
  const problems = checkGroup(MODULE, options);
  if (!isRecord(options)) return problems;
  problems.push(...connectionProblems(options));
  for (const [queue, said] of Object.entries(isRecord(options.queues) ? options.queues : {})) {
    if (isRecord(said)) problems.push(...contradictions(queue, said));
  }
  return problems;
}
