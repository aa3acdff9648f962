import type { Clock } from '../kernel/clock.js';
import type { Observers } from '../observe/observers.js';
import type { WorkerSettings } from '../options/settings.js';
import { drain } from './drain.js';
import type { ProcessParts } from './process.js';
import { QueueConsumer } from './queue-consumer.js';

/** One process's consumers: idle -> started -> drained. */
export class Worker {
  private readonly consumers: readonly QueueConsumer[];
  private readonly clock: Clock;
  private readonly observers: Observers;
  private starting: Promise<void> | undefined;
  private draining: Promise<void> | undefined;

  constructor(
    readonly queues: readonly string[],
    private readonly settings: WorkerSettings,
    parts: ProcessParts,
  ) {
    this.clock = parts.clock;
    this.observers = parts.observers;
    this.consumers = queues.map((queue) => new QueueConsumer(queue, settings.concurrencyOf(queue), parts));
  }

  /** Attempts at this moment. */
  get runningCount(): number {
    return this.consumers.reduce((sum, consumer) => sum + consumer.runningCount, 0);
  }

  /** Consumes all its queues. Calling it again changes nothing. */
  start(): Promise<void> {
    if (this.draining) return Promise.resolve();
    return (this.starting ??= this.startConsumers());
  }

  /** Takes nothing new, waits for what runs up to `shutdownTimeout`, aborts and gives back the rest. */
  drain(): Promise<void> {
    return (this.draining ??= this.drainConsumers());
  }

  private async startConsumers(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.start()));
    this.observers.tell({ kind: 'workerStarted', at: this.clock.now(), queues: this.queues });
  }

  private async drainConsumers(): Promise<void> {
    if (!this.starting) return;
    const report = await drain(this.consumers, this.settings.shutdownTimeoutMs, this.clock);
    this.observers.tell({ kind: 'workerDrained', at: this.clock.now(), ...report });
  }
}
