import type { BrokerStatus } from '../ports/broker.js';

/** What the face of the worker stands on. */
export interface WorkerFace {
  startWorker(): Promise<void>;
  drain(): Promise<void>;
  status(): BrokerStatus;
  consumedQueues(): readonly string[];
  readonly runningCount: number;
  readonly zombieCount: number;
}

/** This process as a worker: the injectable face. */
export class JobWorker {
  private readonly warren: WorkerFace;

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
