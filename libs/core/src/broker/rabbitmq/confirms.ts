import type { Message } from '../../job/message.js';
import type { Clock, Timer } from '../../kernel/clock.js';

/** Where a publish goes. */
export interface Route {
  readonly exchange: string;
  readonly routingKey: string;
  /** For messages. */
  readonly queue: string;
  /** The limits at which the queue refuses, so that a refusal means full; undefined: it never does. */
  readonly fullAt: FullAt | undefined;
}

export interface FullAt {
  readonly maxLength: number | undefined;
  readonly maxBytes: number | undefined;
}

/** A publish on its way: waiting to be sent, or sent and waiting for its confirm. */
export interface Pending {
  readonly message: Message;
  readonly route: Route;
  /** By `Clock.elapsed`. */
  readonly deadlineAt: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** Whether the broker sent it back, as no queue took it; its confirm is still to come. */
  isReturned: boolean;
  /** Whether it went out on some channel, so that the broker may have it. */
  wasSent: boolean;
  /** Whether the broker refused it when it went out last. */
  isRefused: boolean;
}

/**
 * The window of unconfirmed publishes: unsent ones, and sent ones by their confirm number, both in the order of
 * their making. Those of a channel that ended become unsent again and go out on the next one: a duplicate is
 * possible, a loss is not. All have the same time limit, so that the oldest is the first to be too late, and one
 * timer serves them all.
 */
export class ConfirmWindow {
  private readonly sent = new SentPublishes();
  private unsent = new Set<Pending>();
  /** Refused on this channel, for the next one. */
  private again: Pending[] = [];
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    /** Told of each that leaves the window, whatever way. */
    private readonly onLeft: (pending: Pending) => void,
    private readonly onTooLate: (pending: Pending) => Error,
  ) {}

  get hasSent(): boolean {
    return this.sent.size > 0;
  }

  get waiting(): Iterable<Pending> {
    return this.unsent;
  }

  get unconfirmed(): Iterable<Pending> {
    return this.sent;
  }

  /** Takes one that cannot be sent now. */
  hold(pending: Pending): void {
    this.unsent.add(pending);
    this.watchTime(pending);
  }

  /** Takes one that was sent just now; each of a channel's publishes must be told here, in their order. */
  markSent(pending: Pending): void {
    // Nearly always empty, and a deletion from a Set is not free.
    if (this.unsent.size > 0) this.unsent.delete(pending);
    pending.wasSent = true;
    pending.isRefused = false;
    this.sent.add(pending);
    this.watchTime(pending);
  }

  /** A new channel counts from 1; what the old one had not confirmed is unsent again. */
  channelGone(): void {
    for (const pending of this.sent) pending.isReturned = false;
    this.unsent = new Set([...this.again, ...this.sent, ...this.unsent]);
    this.again = [];
    this.sent.clear();
    const [oldest] = this.unsent;
    if (oldest) this.watchTime(oldest);
  }

  /** Calls back for each publish that a confirm covers; it has left the window by then. */
  confirmed(tag: number, multiple: boolean, then: (pending: Pending) => void): void {
    for (const pending of multiple ? this.sent.takeUpTo(tag) : this.sent.take(tag)) {
      this.onLeft(pending);
      then(pending);
    }
  }

  /** Asks of each publish that a refusal covers whether it goes out again, on the next channel; else it has left the window. */
  refused(tag: number, multiple: boolean, goesAgain: (pending: Pending) => boolean): void {
    for (const pending of multiple ? this.sent.takeUpTo(tag) : this.sent.take(tag)) {
      if (!goesAgain(pending)) {
        this.onLeft(pending);
        continue;
      }
      pending.isRefused = true;
      pending.isReturned = false;
      this.again.push(pending);
    }
  }

  /** Ends one that is not sent. */
  fail(pending: Pending, error: Error): void {
    this.unsent.delete(pending);
    this.onLeft(pending);
    pending.reject(error);
  }

  failAll(error: Error): void {
    const all = [...this.again, ...this.sent, ...this.unsent];
    this.again = [];
    this.sent.clear();
    this.unsent.clear();
    this.timer?.cancel();
    this.timer = undefined;
    for (const pending of all) {
      this.onLeft(pending);
      pending.reject(error);
    }
  }

  private watchTime({ deadlineAt }: Pending): void {
    this.timer ??= this.clock.setTimer(deadlineAt - this.clock.elapsed(), () => this.dropLate());
  }

  private dropLate(): void {
    this.timer = undefined;
    const now = this.clock.elapsed();
    for (let { oldest } = this.sent; oldest && oldest.deadlineAt <= now; oldest = this.sent.oldest) {
      this.sent.takeOldest();
      this.onLeft(oldest);
      oldest.reject(this.onTooLate(oldest));
    }
    for (const pending of this.unsent) {
      if (pending.deadlineAt > now) break;
      this.fail(pending, this.onTooLate(pending));
    }
    const { oldest: oldestSent } = this.sent;
    const [oldestUnsent] = this.unsent;
    const isUnsentFirst = !oldestSent || (oldestUnsent && oldestUnsent.deadlineAt < oldestSent.deadlineAt);
    const oldest = isUnsentFirst ? oldestUnsent : oldestSent;
    if (oldest) this.watchTime(oldest);
  }
}

/**
 * What was sent on a channel, by its confirm number, which the channel counts from 1. A list and not a Map: see
 * `kernel/chain.ts`.
 */
class SentPublishes implements Iterable<Pending> {
  /** That of tag `firstTag` is at 0. Undefined: it left, before older ones. */
  private places: Array<Pending | undefined> = [];
  private firstTag = 1;
  /** Of the oldest. */
  private start = 0;

  get size(): number {
    return this.places.length - this.start;
  }

  get oldest(): Pending | undefined {
    return this.places[this.start];
  }

  add(pending: Pending): void {
    this.places.push(pending);
  }

  /** Of one tag, if it is here. */
  take(tag: number): readonly Pending[] {
    const index = tag - this.firstTag;
    const pending = index >= this.start ? this.places[index] : undefined;
    if (!pending) return [];
    this.places[index] = undefined;
    this.skip();
    return [pending];
  }

  /** Of all tags up to this one, in their order. */
  takeUpTo(tag: number): readonly Pending[] {
    const end = Math.max(this.start, Math.min(tag - this.firstTag + 1, this.places.length));
    const taken = this.places.slice(this.start, end);
    this.places.fill(undefined, this.start, end);
    this.skip();
    return taken.filter((pending) => pending !== undefined);
  }

  takeOldest(): void {
    this.places[this.start] = undefined;
    this.skip();
  }

  clear(): void {
    this.places = [];
    this.firstTag = 1;
    this.start = 0;
  }

  *[Symbol.iterator](): Iterator<Pending> {
    for (const pending of this.places.slice(this.start)) if (pending) yield pending;
  }

  private skip(): void {
    while (this.start < this.places.length && !this.places[this.start]) this.start += 1;
    // Now and then, as it moves all that are left.
    if (this.start < SKIPPED || this.start * 2 < this.places.length) return;
    this.places = this.places.slice(this.start);
    this.firstTag += this.start;
    this.start = 0;
  }
}

const SKIPPED = 1_024;
