import type { Clock, Timer } from '../kernel/clock.js';
import { describeError } from '../kernel/errors/index.js';
import type { Observers } from '../observe/observers.js';
import type { WorkerSettings } from '../options/settings.js';
import type { Attempt } from './attempt.js';
import { createConsumers, sharesSlots } from './consumers.js';
import { Demand } from './demand.js';
import { drain } from './drain.js';
import type { StopWanted } from './early-cancellations.js';
import type { ProcessParts } from './process.js';
import type { QueueConsumer, Tuning } from './queue-consumer.js';

const ADJUST_AGAIN_MS = 5_000;

/** One queue of a worker. */
export interface Taking {
  readonly queue: string;
  readonly concurrency: number;
  /** It is paused, or the worker is quiet or drains. */
  readonly isHeld: boolean;
  /** Deliveries in hand. */
  readonly busyCount: number;
  readonly attempts: readonly Attempt[];
}

/**
 * One process's consumers: idle -> started -> drained; started, it may be quiet and wake again. A start that failed may
 * be tried again.
 */
export class Worker {
  private readonly consumers: readonly QueueConsumer[];
  private readonly clock: Clock;
  private readonly observers: Observers;
  private readonly demand: Demand;
  private starting: Promise<void> | undefined;
  private draining: Promise<void> | undefined;
  private hasConsumed = false;
  private isHushed = false;
  private again: Timer | undefined;

  constructor(
    readonly queues: readonly string[],
    private readonly settings: WorkerSettings,
    private readonly parts: ProcessParts,
  ) {
    this.clock = parts.clock;
    this.observers = parts.observers;
    this.demand = new Demand(parts.routes.all, (queue) => this.adjust(queue));
    parts.limits?.follow(parts.turned.limits);
    this.consumers = createConsumers(queues, {
      settings,
      parts,
      tuningOf: (queue) => this.tuningOf(queue),
      failed: (queue, error) => this.notAsSet(queue, error),
    });
    parts.loopWatch.follow(() => [
      ...this.consumers.flatMap(({ attempts }) => attempts),
      ...parts.zombies.all(),
    ]);
  }

  /** Attempts at this moment. */
  get runningCount(): number {
    return this.consumers.reduce((sum, consumer) => sum + consumer.runningCount, 0);
  }

  /** Whether an operator made it take nothing new. */
  get isQuiet(): boolean {
    return this.isHushed;
  }

  /** How it does, queue by queue. */
  get takings(): readonly Taking[] {
    return this.queues.map((queue) => {
      // One, or one for each level of priority.
      const own = this.consumers.filter((consumer) => consumer.queue === queue);
      return {
        queue,
        concurrency:
          this.demand.of(queue) === undefined ? own[0]!.concurrency : this.settings.concurrencyOf(queue),
        isHeld: own[0]!.isHeld || this.draining !== undefined,
        busyCount: own.reduce((sum, { busyCount }) => sum + busyCount, 0),
        attempts: own.flatMap(({ attempts }) => attempts),
      };
    });
  }

  /** Takes nothing new, or takes again; what runs goes on. For the life of this process. Resolves when the broker knows. */
  async hush(isHushed: boolean): Promise<void> {
    this.isHushed = isHushed;
    await this.adjust();
  }

  /**
   * Takes so many more jobs from a queue whose handlers are there on demand, and no more until it is asked again; 0: none.
   * What came before is not counted. Resolves when the broker knows. Never rejects: what fails is logged, and tried again.
   */
  ask(queue: string, count: number): Promise<void> {
    return this.demand.ask(queue, count);
  }

  /** Does as operators have turned it by now, for one queue or all. Never rejects: what fails is logged. */
  async adjust(queue?: string): Promise<void> {
    if (this.draining) return;
    this.parts.limits?.follow(this.parts.turned.limits);
    await Promise.all(
      this.consumers.map(async (consumer) => {
        if (queue !== undefined && consumer.queue !== queue) return;
        try {
          await consumer.apply(this.tuningOf(consumer.queue));
        } catch (error) {
          this.notAsSet(consumer.queue, error);
        }
      }),
    );
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
    this.again?.cancel();
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

  private notAsSet(queue: string, error: unknown): void {
    const { name, message } = describeError(error);
    this.parts.logger.error(
      `Queue ${queue} is not consumed as was set at run time; this is tried again in 5 s: ${name}: ${message}`,
    );
    if (this.draining) return;
    this.again?.cancel();
    this.again = this.clock.setTimer(ADJUST_AGAIN_MS, () => void this.adjust());
  }

  private tuningOf(queue: string): Tuning {
    const asked = this.demand.of(queue);
    const isHeld = this.isHushed || this.parts.turned.isPausedQueue(queue) || asked === 0;
    const concurrency = this.settings.concurrencyOf(queue);
    if (asked === undefined) return { isHeld, concurrency };
    // Shared slots are those of all that runs; a prefetch counts what this consumption takes alone.
    const taken = sharesSlots(queue, this.settings, this.parts) ? this.runningOf(queue) : 0;
    return { isHeld, concurrency: Math.min(Math.max(1, taken + asked), concurrency) };
  }

  private runningOf(queue: string): number {
    // None while they are being made.
    const own = (this.consumers ?? []).filter((consumer) => consumer.queue === queue);
    return own.reduce((sum, { runningCount }) => sum + runningCount, 0);
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
    // Slots that were just freed: others need not wait for the end of their lease.
    await this.parts.limits?.settled();
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
