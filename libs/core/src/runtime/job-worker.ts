import type { JobContext } from '../job/context.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import type { HandlerOptions } from '../options/handler.js';
import type { Settings } from '../options/settings.js';
import type { BrokerStatus } from '../ports/broker.js';
import type { HandlerRegistration } from '../worker/handler.js';
import type { Worker } from '../worker/worker.js';

/** What the face of the worker stands on. */
export interface WorkerFace {
  startWorker(): Promise<void>;
  drain(): Promise<void>;
  status(): BrokerStatus;
  consumedQueues(): readonly string[];
  readonly runningCount: number;
  readonly zombieCount: number;
  readonly settings: Pick<Settings, 'worker'>;
  /** Undefined: it has not started. */
  readonly worker: Pick<Worker, 'ask'> | undefined;
  concurrencyOf(queue: string): number;
}

/** Of `JobWorker.handle`. */
export interface HandleOptions extends Omit<HandlerOptions, 'connection' | 'isolation'> {
  /** What messages call it. Default `handle('<type>')`. */
  readonly place?: string;
  /** Its queue is taken from only as far as `JobWorker.ask` says, from nothing on. Default false: as jobs come. */
  readonly onDemand?: boolean;
}

/** This process as a worker: the injectable face. */
export class JobWorker {
  private readonly warren: WorkerFace;
  private handlers: HandlerRegistration[] | undefined = [];

  /** Made by `JobsModule`; inject it. */
  constructor(warren: WorkerFace) {
    this.warren = warren;
  }

  /** Queues that this process takes jobs from; none when it only enqueues. */
  get queues(): readonly string[] {
    return this.warren.consumedQueues();
  }

  /** Attempts at this moment. */
  get running(): number {
    return this.warren.runningCount;
  }

  /**
   * Handlers that still run although their attempt was given up: they ignored their signal for 5 s after the timeout
   * or the loss of their delivery, or for 1 s at shutdown. They are not among `running`, and run beside what
   * `concurrency` allows. One that stays above 0 leaks memory and connections.
   */
  get zombies(): number {
    return this.warren.zombieCount;
  }

  /**
   * Runs jobs of a type, or of a prefix (`py:`), with a function, as a method with `@JobHandler` does: for libraries that
   * make handlers of what they are told. Call it in a constructor or in `onModuleInit`.
   * @throws ConfigurationError when handlers are bound already, and with `worker: false`. What is wrong with type and options
   * is told at boot, with all else.
   */
  handle(type: string, run: (job: JobContext) => unknown, options: HandleOptions = {}): void {
    const { place = `handle('${type}')`, onDemand = false, ...own } = options;
    if (!this.warren.settings.worker) {
      throw new ConfigurationError([
        `${place}: this process has \`worker: false\`, so it runs no jobs. Remove it from the options.`,
      ]);
    }
    if (!this.handlers) {
      throw new ConfigurationError([
        `${place}: the handlers of this process are bound already. Add it in a constructor or in onModuleInit.`,
      ]);
    }
    this.handlers.push({
      pattern: type,
      place,
      options: own,
      definition: undefined,
      payload: undefined,
      isOnDemand: onDemand,
      run,
    });
  }

  /** What `handle` was given. For boot alone; none can be added afterwards. */
  takeHandlers(): readonly HandlerRegistration[] {
    const given = this.handlers ?? [];
    this.handlers = undefined;
    return given;
  }

  /**
   * Takes so many more jobs from a queue whose handlers are `onDemand`, and none beyond them until it is asked again; 0:
   * none from now on. It replaces what was asked before. A job that ends while some are still awaited makes room for one
   * more. Resolves when the broker knows; before the worker has started it does nothing.
   */
  async ask(queue: string, count: number): Promise<void> {
    await this.warren.worker?.ask(queue, count);
  }

  /** Attempts at once from a queue in this process, as options and operators say. */
  concurrencyOf(queue: string): number {
    return this.warren.concurrencyOf(queue);
  }

  /**
   * Takes jobs, for those who set `worker: { autoStart: false }`. Calling it again changes nothing,
   * unless it failed.
   * @throws WarrenError WARREN_CLOSED before boot has ended and after shutdown; ConfigurationError with
   * `worker: false`.
   */
  start(): Promise<void> {
    return this.warren.startWorker();
  }

  /** Takes nothing new and waits for what runs, up to `shutdownTimeout`; then gives back the rest. For good. */
  drain(): Promise<void> {
    return this.warren.drain();
  }

  /** Connection and consumers: healthy means connected and a consumer attached to each queue. */
  status(): BrokerStatus {
    return this.warren.status();
  }
}
