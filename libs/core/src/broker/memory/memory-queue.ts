import type { FailureReason } from '../../job/envelope.js';
import type { Message } from '../../job/message.js';
import type { QueueSpec } from '../../ports/broker.js';

/** A message in a queue, and what the broker counts about it. */
export interface Held {
  readonly message: Message;
  /** Order of arrival; a message given back keeps it. */
  readonly sequence: number;
  /** Epoch milliseconds at which it entered this queue. */
  readonly enteredAt: number;
  /** Hand-overs that ended without an outcome. */
  deliveryCount: number;
  redelivered: boolean;
  /** For dead letters that the broker itself made. */
  readonly brokerReason: FailureReason | undefined;
}

/** Messages that wait, highest priority first, then oldest first. */
export class MemoryQueue {
  private readonly byPriority = new Map<number, Held[]>();
  private priorities: number[] = [];
  private count = 0;

  constructor(readonly spec: QueueSpec) {}

  get length(): number {
    return this.count;
  }

  push(held: Held): void {
    this.lane(held).push(held);
    this.count += 1;
  }

  /** Back to its old place. */
  giveBack(held: Held): void {
    const lane = this.lane(held);
    let index = 0;
    while (index < lane.length && lane[index]!.sequence < held.sequence) index += 1;
    lane.splice(index, 0, held);
    this.count += 1;
  }

  shift(): Held | undefined {
    for (const priority of this.priorities) {
      const held = this.byPriority.get(priority)!.shift();
      if (held) {
        this.count -= 1;
        return held;
      }
    }
    return undefined;
  }

  /** Takes out what entered at or before that instant. */
  takeEnteredBy(instant: number): Held[] {
    const taken: Held[] = [];
    for (const priority of this.priorities) {
      const lane = this.byPriority.get(priority)!;
      while (lane.length > 0 && lane[0]!.enteredAt <= instant) taken.push(lane.shift()!);
    }
    this.count -= taken.length;
    return taken;
  }

  /** When the oldest message entered; undefined when empty. */
  get oldestEnteredAt(): number | undefined {
    let oldest: number | undefined;
    for (const lane of this.byPriority.values()) {
      const head = lane[0];
      if (head && (oldest === undefined || head.enteredAt < oldest)) oldest = head.enteredAt;
    }
    return oldest;
  }

  private lane({ message }: Held): Held[] {
    const priority = message.priority ?? 0;
    let lane = this.byPriority.get(priority);
    if (!lane) {
      this.byPriority.set(priority, (lane = []));
      this.priorities = [...this.byPriority.keys()].sort((a, b) => b - a);
    }
    return lane;
  }
}
