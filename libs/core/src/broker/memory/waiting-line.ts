import type { Message } from '../../job/message.js';
import { Fifo } from './fifo.js';

/** A message in a queue, and what the broker counts about it. */
export interface Held {
  readonly message: Message;
  /** Order of arrival; a message that comes back keeps it. */
  readonly sequence: number;
  /** Epoch milliseconds; then it goes to the dead letters if it still waits. */
  readonly expiresAt: number;
  /** Hand-overs that ended without an outcome. */
  deliveryCount: number;
  redelivered: boolean;
}

/** Messages of one priority: those that came back, then those never handed out. */
interface Lane {
  readonly priority: number;
  /** Latest arrival first, so that the next one is at the end. */
  readonly returned: Held[];
  readonly fresh: Fifo<Held>;
}

/** What waits in a queue: highest priority first, then in order of arrival. No priority counts as 0. */
export class WaitingLine {
  /** Highest priority first. */
  private readonly lanes: Lane[] = [];
  private count = 0;
  private size = 0;

  get length(): number {
    return this.count;
  }

  /** Of the bodies. */
  get bytes(): number {
    return this.size;
  }

  push(held: Held): void {
    this.lane(held.message.priority ?? 0).fresh.push(held);
    this.counts(held, 1);
  }

  /** Back to its old place. */
  putBack(held: Held): void {
    const { returned } = this.lane(held.message.priority ?? 0);
    let [low, high] = [0, returned.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (returned[middle]!.sequence > held.sequence) low = middle + 1;
      else high = middle;
    }
    returned.splice(low, 0, held);
    this.counts(held, 1);
  }

  /** Drops all; gives how many. */
  clear(): number {
    const dropped = this.count;
    this.lanes.length = 0;
    this.count = 0;
    this.size = 0;
    return dropped;
  }

  shift(): Held | undefined {
    for (const lane of this.lanes) {
      if (next(lane)) return this.take(lane);
    }
    return undefined;
  }

  /** Takes out the next message that is expired at that instant. */
  shiftExpired(now: number): Held | undefined {
    for (const lane of this.lanes) {
      const held = next(lane);
      if (held && held.expiresAt <= now) return this.take(lane);
    }
    return undefined;
  }

  /** When the next message expires, in epoch milliseconds; Infinity when none waits. */
  get nextExpiryAt(): number {
    let earliest = Infinity;
    for (const lane of this.lanes) {
      const held = next(lane);
      if (held && held.expiresAt < earliest) earliest = held.expiresAt;
    }
    return earliest;
  }

  private take(lane: Lane): Held | undefined {
    const held = lane.returned.pop() ?? lane.fresh.shift();
    if (held) this.counts(held, -1);
    return held;
  }

  private counts({ message }: Held, by: 1 | -1): void {
    this.count += by;
    this.size += by * message.body.byteLength;
  }

  private lane(priority: number): Lane {
    // Nearly always there is one lane only.
    const at = this.lanes.findIndex((lane) => lane.priority <= priority);
    const found = this.lanes[at];
    if (found?.priority === priority) return found;
    const lane: Lane = { priority, returned: [], fresh: new Fifo() };
    this.lanes.splice(at === -1 ? this.lanes.length : at, 0, lane);
    return lane;
  }
}

/** What came back was taken before anything fresh, so it arrived earlier than all of that. */
function next({ returned, fresh }: Lane): Held | undefined {
  return returned.at(-1) ?? fresh.peek();
}
