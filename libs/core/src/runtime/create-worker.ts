import type { LoopClock } from '../kernel/clock.js';
import type { Detached } from '../kernel/detached.js';
import { WarrenError } from '../kernel/errors/index.js';
import { TimerPool } from '../kernel/timer-pool.js';
import type { JobMiddleware } from '../middleware/types.js';
import { jsonCodec } from '../payload/codec.js';
import type { JobLimits } from '../ports/job-limits.js';
import type { HandlerRegistration } from '../worker/handler.js';
import { EarlyCancellations } from '../worker/early-cancellations.js';
import { FailedAttempts } from '../worker/failed-attempts.js';
import { LoopWatch } from '../worker/loop-watch.js';
import type { Places } from '../worker/limits/index.js';
import type { ProcessParts } from '../worker/process.js';
import { Routes } from '../worker/routes.js';
import { RunsInProgress } from '../worker/runs-in-progress.js';
import { SetAside } from '../worker/set-aside.js';
import { SettledMemory } from '../worker/settled-memory.js';
import { Worker } from '../worker/worker.js';
import { Zombies } from '../worker/zombies.js';
import { createLimits } from './create-limits.js';

type Given =
  | 'settings'
  | 'broker'
  | 'clock'
  | 'ids'
  | 'random'
  | 'observers'
  | 'logger'
  | 'workerName'
  | 'records'
  | 'unique'
  | 'turned';

export interface WorkerMakings extends Pick<ProcessParts, Given> {
  readonly handlers: readonly HandlerRegistration[];
  readonly middleware: readonly JobMiddleware[];
  readonly queues: readonly string[];
  readonly concurrencyOf: (queue: string) => number;
  /** Undefined: blocks of the event loop are not watched for. */
  readonly loop: LoopClock | undefined;
  /** Undefined: the job store knows of no limits. */
  readonly jobLimits: JobLimits | undefined;
  readonly detached: Detached;
}

/** What the worker of a process is made of, wired. */
export function createWorker(makings: WorkerMakings): Worker {
  const { handlers, middleware, queues, concurrencyOf, loop, jobLimits, detached, ...given } = makings;
  const { settings, clock, observers, logger } = given;
  if (!settings.worker) throw new WarrenError('WARREN_BUG', 'createWorker without worker settings');
  const { broker, onJobError } = settings;
  const connectionHeartbeatMs =
    broker.kind === 'rabbitmq' ? broker.rabbitmq.connectionHeartbeatMs : undefined;
  const { weights } = settings.worker;
  const placesOf = (queue: string): Places => {
    if (weights) return { count: weights.slots, shared: 'the weighted queues' };
    const { priorities } = settings.queues.settingsOf(queue).spec;
    return { count: concurrencyOf(queue), shared: priorities === undefined ? undefined : queue };
  };
  const routes = new Routes(handlers, middleware, settings.queues);
  const parts: ProcessParts = {
    ...given,
    routes,
    limits: createLimits(jobLimits, { ...given, routes, detached, placesOf }),
    timers: new TimerPool(clock),
    memory: new SettledMemory(),
    runs: new RunsInProgress(),
    loopWatch: new LoopWatch({ clock, observers, loop, connectionHeartbeatMs }),
    zombies: new Zombies(),
    cancellations: new EarlyCancellations(clock),
    aside: new SetAside(clock),
    codec: jsonCodec,
    failedAttempts: onJobError && new FailedAttempts(onJobError, logger),
  };
  return new Worker(queues, { ...settings.worker, concurrencyOf }, parts);
}
