import type { Message } from '../../job/message.js';
import type { Clock, Timer } from '../../kernel/clock.js';

/** Where a publish goes. */
export interface Route {
  readonly exchange: string;
  readonly routingKey: string;
  /** For messages. */
  readonly queue: string;
  /** The length at which the queue refuses, so that a refusal means full; undefined: it never does. */
  readonly fullAt: number | undefined;
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
}

/**
 * The window of unconfirmed publishes: unsent ones, and sent ones by their confirm number, both in the order of
 * their making. Those of a channel that ended become unsent again and go out on the next one: a duplicate is
 * possible, a loss is not. All have the same time limit, so that the oldest is the first to be too late, and one
 * timer serves them all.
 */
export class ConfirmWindow {
  private readonly sent = new Map<number, Pending>();
  private unsent = new Set<Pending>();
  private lastTag = 0;
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
    return this.sent.values();
  }

  /** Takes one that cannot be sent now. */
  hold(pending: Pending): void {
    this.unsent.add(pending);
    this.watchTime(pending);
  }

  /** Takes one that was sent just now; each of a channel's publishes must be told here, in their order. */
  markSent(pending: Pending): void {
    this.unsent.delete(pending);
    this.lastTag += 1;
    pending.wasSent = true;
    this.sent.set(this.lastTag, pending);
    this.watchTime(pending);
  }

  /** A new channel counts from 1; what the old one had not confirmed is unsent again. */
  channelGone(): void {
    for (const pending of this.sent.values()) pending.isReturned = false;
    this.unsent = new Set([...this.sent.values(), ...this.unsent]);
    this.sent.clear();
    this.lastTag = 0;
  }

  /** Calls back for each publish that a confirm covers; it has left the window by then. */
  confirmed(tag: number, multiple: boolean, then: (pending: Pending) => void): void {
    if (!multiple) {
      const pending = this.sent.get(tag);
      // Its time may have been over before.
      if (!pending) return;
      this.sent.delete(tag);
      this.onLeft(pending);
      then(pending);
      return;
    }
    for (const [each, pending] of this.sent) {
      if (each > tag) return;
      this.sent.delete(each);
      this.onLeft(pending);
      then(pending);
    }
  }

  /** Ends one that is not sent. */
  fail(pending: Pending, error: Error): void {
    this.unsent.delete(pending);
    this.onLeft(pending);
    pending.reject(error);
  }

  failAll(error: Error): void {
    const all = [...this.sent.values(), ...this.unsent];
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
    for (const [tag, pending] of this.sent) {
      if (pending.deadlineAt > now) break;
      this.sent.delete(tag);
      this.onLeft(pending);
      pending.reject(this.onTooLate(pending));
    }
    for (const pending of this.unsent) {
      if (pending.deadlineAt > now) break;
      this.fail(pending, this.onTooLate(pending));
    }
    const [oldestSent] = this.sent.values();
    const [oldestUnsent] = this.unsent;
    const isUnsentFirst = !oldestSent || (oldestUnsent && oldestUnsent.deadlineAt < oldestSent.deadlineAt);
    const oldest = isUnsentFirst ? oldestUnsent : oldestSent;
    if (oldest) this.watchTime(oldest);
  }
}
