import { Chain, type Link } from '../kernel/chain.js';
import { describeError } from '../kernel/errors/index.js';
import type { Delivery } from '../ports/delivery.js';
import type { Attempt } from './attempt.js';
import { isMeant, type StopWanted } from './early-cancellations.js';
import type { Interruption } from './ending.js';
import type { HandlerSlots } from './handler-slots.js';
import { Intake, type IntakeOwner } from './intake.js';
import type { LimitWait } from './limits/index.js';
import { processDelivery, type ProcessParts, type Slot } from './process.js';
import { putBack } from './put-back.js';
import { giveBackAfterBug, giveBackUnstarted } from './settle.js';
import type { HandlerCaps, Lane, LaneOwner } from './sharing/index.js';

/** What an operator may change of a consumer while it runs. */
export interface Tuning {
  /** It takes nothing. */
  readonly isHeld: boolean;
  /** Attempts at once. */
  readonly concurrency: number;
}

/** Where deliveries wait for a slot that others want too. */
export interface Sharing {
  /** Level of a queue with priorities; undefined: it has none. */
  readonly priority: number | undefined;
  readonly openLane: <Entry>(owner: LaneOwner<Entry>) => Lane<Entry>;
  /** Undefined: no handler has one. */
  readonly caps: HandlerCaps | undefined;
  /** What its lane wanted could not be done. */
  readonly failed: (error: unknown) => void;
}

/**
 * Takes the deliveries of one queue, or of one level of it: taking <-> held, -> quiet. Concurrency is the broker's
 * prefetch, so each delivery starts at once, unless it was taken ahead, or slots are shared: then it waits in a lane.
 * While held or quiet, what still arrives goes back unstarted. To be held, or to change its concurrency, it ends its
 * intake and begins another; what runs goes on.
 */
export class QueueConsumer implements IntakeOwner {
  private readonly running = new Chain<Running>();
  private readonly idleWaiters = new Set<() => void>();
  private intake: Intake | undefined;
  private isStarted = false;
  private quietened = false;
  private givenBackCount = 0;
  /** One step at a time. */
  private following: Promise<void> = Promise.resolve();
  /** Undefined: its slots are its own. */
  private readonly lane: Lane<Running> | undefined;

  constructor(
    readonly queue: string,
    private tuning: Tuning,
    private readonly parts: ProcessParts,
    private readonly sharing?: Sharing,
  ) {
    this.lane = sharing?.openLane({
      capOf: ({ delivery }) => sharing.caps?.of(delivery.message.type),
      run: (entry) => this.runInSlot(entry, sharing),
      putBack: (entry, delayMs) => this.putBack(entry, delayMs),
      follow: () => this.follow().catch((error: unknown) => sharing.failed(error)),
    });
  }

  get isHeld(): boolean {
    return this.tuning.isHeld;
  }

  get concurrency(): number {
    return this.tuning.concurrency;
  }

  /** Deliveries in hand: attempts, and what is on its way to or from one. */
  get busyCount(): number {
    return this.running.size;
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
    this.isStarted = true;
    await this.follow();
  }

  /** Takes nothing new; what runs goes on. */
  async quiet(): Promise<void> {
    this.quietened = true;
    this.lane?.ends();
    await this.end();
  }

  /** Resolves when the broker knows. @throws what `Broker.consume` throws. */
  async apply(tuning: Tuning): Promise<void> {
    this.tuning = tuning;
    this.lane?.resize(tuning.concurrency);
    if (this.isStarted) await this.follow();
  }

  onDelivery(delivery: Delivery, from: Intake): void {
    if (this.quietened) return this.giveBack(delivery);
    if (this.tuning.isHeld) return giveBackUnstarted(delivery);
    const entry = new Running(delivery, this, from);
    const link = this.running.add(entry);
    if (!this.lane) return this.run(entry, () => this.left(link));
    entry.link = link;
    this.lane.take(entry);
  }

  giveBack(delivery: Delivery): void {
    this.givenBackCount += 1;
    giveBackUnstarted(delivery);
  }

  onLost(incarnation: number, why: string, from: Intake): void {
    for (const { delivery, attempt, waiting, intake } of this.running) {
      if (intake !== from || delivery.incarnation !== incarnation) continue;
      attempt?.interrupt({ kind: 'lost', why });
      waiting?.stop('lost');
    }
    const isGone = (entry: Running) => entry.intake === from && entry.delivery.incarnation === incarnation;
    for (const entry of this.lane?.drop(isGone) ?? []) this.leftLane(entry);
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

  private follow(): Promise<void> {
    const step = this.following.then(() => this.step());
    this.following = step.catch(() => undefined);
    return step;
  }

  /** Brings what the broker does nearer to what is wanted now. */
  private async step(): Promise<void> {
    const { broker, routes, clock } = this.parts;
    const { lane, queue } = this;
    const { isHeld } = this.tuning;
    const concurrency = lane?.prefetch ?? this.tuning.concurrency;
    const isWanted = !isHeld && !this.quietened && !lane?.isResting;
    if (isHeld) lane?.ends();
    if (!isWanted || this.intake?.concurrency !== concurrency) await this.end();
    if (this.intake || !isWanted || this.quietened) return;
    const intake = new Intake(concurrency, clock, this);
    if (lane) intake.slots.takeNothingAhead();
    const begun = lane?.begins();
    const options = { longestHoldMs: routes.longestHoldMs(queue), priority: this.sharing?.priority };
    await intake.begin(broker, queue, options).catch((error: unknown) => {
      begun?.(false);
      throw error;
    });
    begun?.(true);
    this.intake = intake;
    if (this.quietened) await this.end();
  }

  private async end(): Promise<void> {
    const { intake } = this;
    this.intake = undefined;
    // Those that wait for limits run as soon as they may, unless nothing is to start any more.
    if (this.quietened || this.tuning.isHeld) {
      for (const { waiting } of this.running) waiting?.stop(this.quietened ? 'quiet' : 'turned');
    }
    await intake?.stop();
  }

  private run(entry: Running, left: () => void): void {
    processDelivery(entry, this.parts).then(left, (error: unknown) =>
      this.reportBug(entry.delivery, error).finally(left),
    );
  }

  private runInSlot(entry: Running, { caps }: Sharing): void {
    const cap = caps?.of(entry.delivery.message.type);
    if (cap) caps?.entered(cap);
    this.run(entry, () => {
      this.leftLane(entry);
      if (cap) caps?.left(cap);
      this.lane?.left();
    });
  }

  private putBack(entry: Running, delayMs: number): void {
    const { delivery } = entry;
    this.givenBackCount += 1;
    putBack(entry, delayMs, this.parts)
      .catch((error: unknown) => this.reportBug(delivery, error))
      .finally(() => this.leftLane(entry));
  }

  private leftLane({ link }: Running): void {
    if (link) this.left(link);
  }

  private left(link: Link<Running>): void {
    this.running.remove(link);
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
  waiting: LimitWait | undefined;
  /** Of one that came through a lane. */
  link: Link<Running> | undefined;

  constructor(
    readonly delivery: Delivery,
    private readonly consumer: QueueConsumer,
    /** What brought it. */
    readonly intake: Intake,
  ) {}

  get isQuiet(): boolean {
    return this.consumer.isQuiet;
  }

  get handlers(): HandlerSlots {
    return this.intake.slots;
  }

  giveBackUnstarted(): void {
    this.consumer.giveBack(this.delivery);
  }
}
