import type { Message } from '../../job/message.js';
import type { Clock, Timer } from '../../kernel/clock.js';

/** A publish on its way: waiting to be sent, or sent and waiting for its confirm. */
export interface Pending {
  readonly exchange: string;
  readonly routingKey: string;
  readonly message: Message;
  readonly queue: string;
  /** Whether the queue has a length limit, so that a refusal means full. */
  readonly isLimited: boolean;
  readonly sizeBytes: number;
  /** Epoch milliseconds. */
  readonly deadlineAt: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** Confirm number on the channel it went out on; undefined while unsent. */
  tag: number | undefined;
  isReturned: boolean;
  isOver: boolean;
}

/**
 * The window of unconfirmed publishes, in the order of their making. Those of a channel that died become unsent again
 * and go out on the next one: a duplicate is possible, a loss is not. All have the same time limit, so that the
 * oldest is always the first to be too late, and one timer serves them all.
 */
export class ConfirmWindow {
  private readonly pending = new Set<Pending>();
  private readonly byTag = new Map<number, Pending>();
  private lastTag = 0;
  private lowestTag = 1;
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    /** Told of each that leaves the window, whatever way. */
    private readonly onLeft: (pending: Pending) => void,
    private readonly onTooLate: (pending: Pending) => Error,
  ) {}

  get size(): number {
    return this.pending.size;
  }

  add(pending: Pending): void {
    this.pending.add(pending);
    if (!this.timer) this.armTimer();
  }

  unsent(): Pending[] {
    return [...this.pending].filter(({ tag }) => tag === undefined);
  }

  sent(pending: Pending): void {
    this.lastTag += 1;
    pending.tag = this.lastTag;
    this.byTag.set(this.lastTag, pending);
  }

  /** A new channel counts from 1; what the old one had not confirmed is unsent again. */
  channelGone(): void {
    this.byTag.clear();
    this.lastTag = 0;
    this.lowestTag = 1;
    for (const pending of this.pending) {
      pending.tag = undefined;
      pending.isReturned = false;
    }
  }

  /** The oldest sent one that answers to the test. */
  findSent(matches: (pending: Pending) => boolean): Pending | undefined {
    for (const pending of this.byTag.values()) if (matches(pending)) return pending;
    return undefined;
  }

  /** Calls back for each publish that a confirm covers. */
  confirmed(tag: number, multiple: boolean, then: (pending: Pending) => void): void {
    const first = multiple ? this.lowestTag : tag;
    for (let each = first; each <= tag; each += 1) {
      const pending = this.byTag.get(each);
      this.byTag.delete(each);
      if (pending && !pending.isOver) then(pending);
    }
    if (multiple) this.lowestTag = tag + 1;
    else if (tag === this.lowestTag) this.lowestTag += 1;
  }

  succeed(pending: Pending): void {
    if (this.leave(pending)) pending.resolve();
  }

  fail(pending: Pending, error: Error): void {
    if (this.leave(pending)) pending.reject(error);
  }

  failAll(error: Error): void {
    for (const pending of [...this.pending]) this.fail(pending, error);
    this.timer?.cancel();
    this.timer = undefined;
  }

  private leave(pending: Pending): boolean {
    if (pending.isOver) return false;
    pending.isOver = true;
    this.pending.delete(pending);
    this.onLeft(pending);
    return true;
  }

  private armTimer(): void {
    const [oldest] = this.pending;
    if (!oldest) return;
    this.timer = this.clock.setTimer(oldest.deadlineAt - this.clock.now(), () => {
      this.timer = undefined;
      const now = this.clock.now();
      for (const pending of this.pending) {
        if (pending.deadlineAt > now) break;
        this.fail(pending, this.onTooLate(pending));
      }
      this.armTimer();
    });
  }
}
