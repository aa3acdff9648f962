import type { Clock } from '../kernel/clock.js';
import { parseDuration, type Duration } from '../kernel/duration.js';
import { WarrenError } from '../kernel/errors/index.js';
import type { RunningJob, WorkerReport } from '../observe/worker-report.js';
import type { JobStore } from '../ports/job-store.js';
import type { RegistryStore } from '../ports/store-registry.js';
import { reportsOf, waitForWorkers } from './wait-for-workers.js';

/** A worker as it last announced itself. */
export interface WorkerView {
  /** Of this life of the process. */
  readonly id: string;
  /** `host:process id`, as in the attempts of jobs. */
  readonly process: string;
  readonly host: string;
  readonly pid: number;
  /** Of Warren. */
  readonly version: string;
  readonly startedAt: Date;
  /** When it said this; a worker that lives does so every 5 s. */
  readonly at: Date;
  /** Takes nothing new, as an operator asked for. */
  readonly isQuiet: boolean;
  readonly queues: ReadonlyArray<{
    readonly queue: string;
    /** Attempts at once. */
    readonly concurrency: number;
    /** Takes nothing from it: the queue is paused, or the worker is quiet. */
    readonly isHeld: boolean;
  }>;
  /** Jobs that it runs. */
  readonly running: number;
  /** The first hundred of them. */
  readonly jobs: readonly RunningJob[];
  /** How late its event loop was at most in the last 5 s, in milliseconds; undefined: not measured. */
  readonly eventLoopLagMs: number | undefined;
  readonly memory: { readonly rssBytes: number; readonly heapUsedBytes: number };
}

/** The workers of the application: called, it lists them. */
export interface Workers {
  /**
   * Those that live, by their names. One that was killed is gone after 15 s.
   * @throws WarrenError WARREN_NO_STORE, WARREN_STORE_UNAVAILABLE.
   */
  (): Promise<readonly WorkerView[]>;
  /**
   * Makes one worker, by its id or `host:process id`, take nothing new; what runs goes on. It holds until `wake` or the
   * end of that process. Resolves when the worker has said that it does so (`done`); without a job store when it was told
   * to all processes (`told`).
   * @throws WarrenError WARREN_WORKER_NOT_FOUND, WARREN_NOT_DRAINED when it does not answer in 10 s,
   * WARREN_STORE_UNAVAILABLE.
   */
  quiet(worker: string): Promise<'done' | 'told'>;
  /** Takes `quiet` back. Resolves and throws as that. */
  wake(worker: string): Promise<'done' | 'told'>;
  /**
   * Makes the process of one worker end as SIGTERM does: it takes nothing new, waits for what runs, gives back the rest.
   * Where nothing in it listens to SIGTERM, its worker drains and the process stays. Resolves when the worker is gone
   * from the registry (`done`); without a job store when it was told to all processes (`told`).
   * @throws as `quiet`, of `timeout` (default 1 min).
   */
  stop(worker: string, options?: { readonly timeout?: Duration }): Promise<'done' | 'told'>;
}

export interface WorkersParts {
  readonly store: JobStore | undefined;
  readonly clock: Clock;
  readonly connected: () => Promise<void>;
  /** Before they are looked at. */
  readonly refresh: () => Promise<void>;
  readonly tell: (command: { readonly kind: Turn; readonly worker: string }) => void;
}

type Turn = 'quiet' | 'wake' | 'stop';

const ANSWERED_WITHIN_MS = 10_000;

/** What keeps a worker from having done what it was told; undefined: nothing. */
const UNDONE: Readonly<Record<Turn, (report: WorkerReport) => string | undefined>> = {
  quiet: ({ isQuiet }) => (isQuiet ? undefined : 'has not said so'),
  wake: ({ isQuiet }) => (isQuiet ? 'has not said so' : undefined),
  // One that ended is not among the reports.
  stop: ({ running }) => `runs ${running}`,
};

/** @throws WarrenError WARREN_NO_STORE; `feature` is what needs it. */
export function requireRegistry(store: JobStore | undefined, feature: string): RegistryStore {
  if (store?.registry) return store.registry;
  throw new WarrenError(
    'WARREN_NO_STORE',
    store
      ? `${feature} needs the facet 'registry', which the job store given (${store.kind}) does not have. Give a store that has it.`
      : `${feature} needs a job store, in which workers announce themselves, and this connection has none. Give one: JobsModule.forRoot({ store: new RedisJobStore({ url }) }).`,
  );
}

export function createWorkers({ store, clock, connected, refresh, tell }: WorkersParts): Workers {
  const list = async (): Promise<readonly WorkerView[]> => {
    const registry = requireRegistry(store, 'jobs.workers');
    await connected();
    await refresh();
    const reports = [...(await reportsOf(registry))].sort((a, b) => (a.id < b.id ? -1 : 1));
    return reports.map(viewOf);
  };

  const turn = async (
    kind: Turn,
    worker: string,
    timeoutMs = ANSWERED_WITHIN_MS,
  ): Promise<'done' | 'told'> => {
    const place = `jobs.workers.${kind}(${JSON.stringify(worker)})`;
    await connected();
    const registry = store?.registry;
    if (!registry) {
      tell({ kind, worker });
      return 'told';
    }
    const isMeant = ({ id, process }: WorkerReport): boolean => id === worker || process === worker;
    if (!(await reportsOf(registry)).some(isMeant)) throw notFound(place);
    await waitForWorkers({
      registry,
      clock,
      timeoutMs,
      what: `${place}: that it does so`,
      busy: (report) => (isMeant(report) ? UNDONE[kind](report) : undefined),
      // What was sent while it was not connected it has not heard.
      ask: () => {
        tell({ kind, worker });
        return refresh();
      },
    });
    return 'done';
  };

  return Object.assign(list, {
    quiet: (worker: string) => turn('quiet', worker),
    wake: (worker: string) => turn('wake', worker),
    stop: (worker: string, { timeout = '1m' }: { readonly timeout?: Duration } = {}) =>
      turn('stop', worker, parseDuration(timeout, 'jobs.workers.stop: timeout')),
  });
}

function viewOf({ settingsVersion: _, startedAt, at, queues, ...report }: WorkerReport): WorkerView {
  return {
    ...report,
    startedAt: new Date(startedAt),
    at: new Date(at),
    queues: queues.map(({ queue, concurrency, isHeld }) => ({ queue, concurrency, isHeld })),
  };
}

function notFound(place: string): WarrenError {
  return new WarrenError(
    'WARREN_WORKER_NOT_FOUND',
    `${place}: no such worker is there. Give an id, or a host:process id, of jobs.workers(); one that was killed is gone from it after 15 s.`,
  );
}
