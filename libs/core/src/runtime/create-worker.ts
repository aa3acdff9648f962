import type { LoopClock } from '../kernel/clock.js';
import { WarrenError } from '../kernel/errors/index.js';
import { TimerPool } from '../kernel/timer-pool.js';
import type { JobMiddleware } from '../middleware/types.js';
import { jsonCodec } from '../payload/codec.js';
import type { HandlerRegistration } from '../worker/handler.js';
import { EarlyCancellations } from '../worker/early-cancellations.js';
import { LoopWatch } from '../worker/loop-watch.js';
import type { ProcessParts } from '../worker/process.js';
import { Routes } from '../worker/routes.js';
import { RunsInProgress } from '../worker/runs-in-progress.js';
import { SettledMemory } from '../worker/settled-memory.js';
import { Worker } from '../worker/worker.js';
import { Zombies } from '../worker/zombies.js';

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
  | 'unique';

export interface WorkerMakings extends Pick<ProcessParts, Given> {
  readonly handlers: readonly HandlerRegistration[];
  readonly middleware: readonly JobMiddleware[];
  readonly queues: readonly string[];
  readonly concurrencyOf: (queue: string) => number;
  /** Undefined: blocks of the event loop are not watched for. */
  readonly loop: LoopClock | undefined;
}

/** What the worker of a process is made of, wired. */
export function createWorker(makings: WorkerMakings): Worker {
  const { handlers, middleware, queues, concurrencyOf, loop, ...given } = makings;
  const { settings, clock, observers } = given;
  if (!settings.worker) throw new WarrenError('WARREN_BUG', 'createWorker without worker settings');
  const { broker } = settings;
  const connectionHeartbeatMs =
    broker.kind === 'rabbitmq' ? broker.rabbitmq.connectionHeartbeatMs : undefined;
  const parts: ProcessParts = {
    ...given,
    routes: new Routes(handlers, middleware, settings.queues),
    timers: new TimerPool(clock),
    memory: new SettledMemory(),
    runs: new RunsInProgress(),
    loopWatch: new LoopWatch({ clock, observers, loop, connectionHeartbeatMs }),
    zombies: new Zombies(),
    cancellations: new EarlyCancellations(clock),
    codec: jsonCodec,
  };
  return new Worker(queues, { ...settings.worker, concurrencyOf }, parts);
}
