import { describeError } from '../kernel/errors/index.js';
import type { Consumption, DeliveryListener } from '../ports/broker.js';
import type { Delivery } from '../ports/delivery.js';
import type { Attempt, Interruption } from './attempt.js';
import { isMeant, type StopWanted } from './early-cancellations.js';
import { HandlerSlots } from './handler-slots.js';
import { processDelivery, type ProcessParts, type Slot } from './process.js';
import { giveBackAfterBug, giveBackUnstarted } from './settle.js';

/**
 * Takes the deliveries of one queue: taking -> quiet. Concurrency is the broker's prefetch, so each delivery starts
 * at once, unless it was taken ahead; while quiet, what still arrives goes back unstarted.
 */
export class QueueConsumer implements DeliveryListener {
  private readonly running = new Set<Running>();
  private readonly idleWaiters = new Set<() => void>();
  private consumption: Consumption | undefined;
  private quietened = false;
  private givenBackCount = 0;
  readonly slots: HandlerSlots;

  constructor(
    readonly queue: string,
    private readonly concurrency: number,
    private readonly parts: ProcessParts,
  ) {
    this.slots = new HandlerSlots(concurrency, parts.clock, (count) => this.consumption?.readAhead?.(count));
  }

  /** Attempts; what waits for an earlier run of its message is none. */
  get runningCount(): number {
    let count = 0;
    for (const { attempt } of this.running) if (attempt) count += 1;
    return count;
  }

  /** In the order of their begin. */
  get attempts(): readonly Attempt[] {
    return [...this.running].flatMap(({ attempt }) => attempt ?? []);
  }

  /** Deliveries returned unstarted. */
  get givenBack(): number {
    return this.givenBackCount;
  }

  get isQuiet(): boolean {
    return this.quietened;
  }

  async ensureQueue(): Promise<void> {
    const { broker, settings } = this.parts;
    await broker.ensureQueue(settings.queues.settingsOf(this.queue).spec);
  }

  /** Begins, also after `quiet`. */
  async start(): Promise<void> {
    this.quietened = false;
    const { broker, routes } = this.parts;
    const options = { prefetch: this.concurrency, longestHoldMs: routes.longestHoldMs(this.queue) };
    this.consumption = await broker.consume(this.queue, options, this);
    if (this.quietened) await this.consumption.stop();
  }

  /** Takes nothing new; what runs goes on. */
  async quiet(): Promise<void> {
    this.quietened = true;
    this.slots.refuse();
    await this.consumption?.stop();
  }

  onDelivery(delivery: Delivery): void {
    if (this.quietened) {
      this.giveBack(delivery);
      return;
    }
    const entry = new Running(delivery, this);
    this.running.add(entry);
    processDelivery(entry, this.parts).then(
      () => this.left(entry),
      (error: unknown) => this.reportBug(delivery, error).finally(() => this.left(entry)),
    );
  }

  giveBack(delivery: Delivery): void {
    this.givenBackCount += 1;
    giveBackUnstarted(delivery);
  }

  onLost(incarnation: number, why: string): void {
    for (const { delivery, attempt } of this.running) {
      if (delivery.incarnation === incarnation) attempt?.interrupt({ kind: 'lost', why });
    }
  }

  /** Cancels a job; returns how many of its attempts run here. One that is lost already comes again. */
  cancelJob(jobId: string, wanted: StopWanted): number {
    const { reason, by } = wanted;
    let count = 0;
    for (const { attempt } of this.running) {
      if (attempt?.envelope.id !== jobId || !isMeant(attempt.envelope, wanted)) continue;
      attempt.interrupt({ kind: 'cancelled', reason, by });
      if (!attempt.isLost) count += 1;
    }
    return count;
  }

  interruptAll(interruption: Interruption): void {
    for (const { attempt } of this.running) attempt?.interrupt(interruption);
  }

  /** Stops waiting for handlers that do not stop; returns how many. */
  cutAll(why: string): number {
    let count = 0;
    for (const { attempt } of this.running) {
      if (!attempt) continue;
      attempt.cut(why);
      count += 1;
    }
    return count;
  }

  /** Resolves when nothing runs or waits to. */
  idle(): Promise<void> {
    if (this.running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleWaiters.add(resolve));
  }

  private left(entry: Running): void {
    this.running.delete(entry);
    if (this.running.size > 0) return;
    for (const resolve of this.idleWaiters) resolve();
    this.idleWaiters.clear();
  }

  /**
   * The pipeline handles every error that has a cause outside of it; one that comes here is Warren's own. The job is
   * given back, so that it neither is lost nor holds its slot for ever.
   */
  private async reportBug(delivery: Delivery, error: unknown): Promise<void> {
    const { name, message, stack } = describeError(error);
    this.parts.logger.error(
      `WARREN_BUG: a delivery of queue ${this.queue} (id ${delivery.message.messageId ?? 'none'}) could not be handled and is given back; please report this: ${name}: ${message}\n${stack ?? ''}`,
    );
    await giveBackAfterBug(delivery, this.parts.clock);
  }
}

class Running implements Slot {
  attempt: Attempt | undefined;

  constructor(
    readonly delivery: Delivery,
    private readonly consumer: QueueConsumer,
  ) {}

  get isQuiet(): boolean {
    return this.consumer.isQuiet;
  }

  get handlers(): HandlerSlots {
    return this.consumer.slots;
  }

  giveBackUnstarted(): void {
    this.consumer.giveBack(this.delivery);
  }
}
