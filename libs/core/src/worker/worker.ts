import type { Clock } from '../kernel/clock.js';
import type { Observers } from '../observe/observers.js';
import type { WorkerSettings } from '../options/settings.js';
import { drain } from './drain.js';
import type { StopWanted } from './early-cancellations.js';
import type { ProcessParts } from './process.js';
import { QueueConsumer } from './queue-consumer.js';

/** One process's consumers: idle -> started -> drained. A start that failed may be tried again. */
export class Worker {
  private readonly consumers: readonly QueueConsumer[];
  private readonly clock: Clock;
  private readonly observers: Observers;
  private starting: Promise<void> | undefined;
  private draining: Promise<void> | undefined;
  private hasConsumed = false;

  constructor(
    readonly queues: readonly string[],
    private readonly settings: WorkerSettings,
    private readonly parts: ProcessParts,
  ) {
    this.clock = parts.clock;
    this.observers = parts.observers;
    this.consumers = queues.map((queue) => new QueueConsumer(queue, settings.concurrencyOf(queue), parts));
    parts.loopWatch.follow(() => [
      ...this.consumers.flatMap(({ attempts }) => attempts),
      ...parts.zombies.all(),
    ]);
  }

  /** Attempts at this moment. */
  get runningCount(): number {
    return this.consumers.reduce((sum, consumer) => sum + consumer.runningCount, 0);
  }

  /** Handlers that go on although their attempt was given up. */
  get zombieCount(): number {
    return this.parts.zombies.count;
  }

  /** Consumes all its queues, or none when it rejects. Calling it again after it resolved changes nothing. */
  start(): Promise<void> {
    if (this.draining) return Promise.resolve();
    return (this.starting ??= this.startConsumers().catch((error: unknown) => {
      this.starting = undefined;
      throw error;
    }));
  }

  /** Takes nothing new, waits for what runs up to `shutdownTimeout`, aborts and gives back the rest. */
  drain(): Promise<void> {
    return (this.draining ??= this.drainConsumers());
  }

  /**
   * Somebody wants the job to end: the signals of its attempts here are aborted. Where none runs, it is remembered for
   * a minute, and applied to one that begins.
   */
  cancel(jobId: string, wanted: StopWanted): void {
    const running = this.consumers.reduce((sum, consumer) => sum + consumer.cancelJob(jobId, wanted), 0);
    if (running === 0) this.parts.cancellations.remember(jobId, wanted);
  }

  private async startConsumers(): Promise<void> {
    const { consumers } = this;
    // A job that runs in an application whose boot fails over another queue would be cut off.
    await all(consumers.map((consumer) => consumer.ensureQueue()));
    if (this.draining) return;
    this.hasConsumed = true;
    try {
      await all(consumers.map((consumer) => consumer.start()));
    } catch (error) {
      await Promise.allSettled(consumers.map((consumer) => consumer.quiet()));
      throw error;
    }
    if (this.draining) return;
    this.observers.tell({ kind: 'workerStarted', at: this.clock.now(), queues: this.queues });
  }

  private async drainConsumers(): Promise<void> {
    if (!this.hasConsumed) return;
    const { shutdownTimeoutMs: limitMs } = this.settings;
    const draining = drain(this.consumers, limitMs, this.clock);
    this.observers.tell({
      kind: 'workerDraining',
      at: this.clock.now(),
      running: this.runningCount,
      limitMs,
    });
    const report = await draining;
    this.observers.tell({
      kind: 'workerDrained',
      at: this.clock.now(),
      ...report,
      zombies: this.zombieCount,
    });
  }
}

/** Waits for all, also when one of them rejects, and throws the first error. */
async function all(promises: ReadonlyArray<Promise<void>>): Promise<void> {
  const results = await Promise.allSettled(promises);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}
