import type { BrokerStatus } from '../ports/broker.js';

/** What the face of the worker stands on. */
export interface WorkerFace {
  startWorker(): Promise<void>;
  drain(): Promise<void>;
  status(): BrokerStatus;
  consumedQueues(): readonly string[];
  readonly runningCount: number;
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
