import type { PriorityPolicy } from '../../job/priority.js';
import type { Lane } from './lane.js';
import type { LaneQueue, Slots } from './parts.js';
import { charge, nextOf } from './weighing.js';

/** The lanes of one queue: one, or one for each level of priority. */
export class LaneGroup implements LaneQueue {
  credit = 0;
  /** The highest level first. */
  readonly lanes: Lane[] = [];
  private running = 0;

  constructor(
    readonly weight: number,
    private readonly policy: PriorityPolicy,
    private capNow: number,
    private readonly share: Slots,
    /** The share is this queue's alone, and as large as the queue may have. */
    private readonly isAlone: boolean,
  ) {}

  get cap(): number {
    return this.capNow;
  }

  get hasRoom(): boolean {
    return this.running < this.capNow;
  }

  resize(cap: number): void {
    this.capNow = cap;
    if (this.isAlone) this.share.resize(cap);
    else this.share.look();
  }

  get isBusy(): boolean {
    return this.lanes.some((lane) => lane.wants);
  }

  get wants(): boolean {
    return this.hasRoom && this.isBusy;
  }

  /** Whose turn it is. One that has nothing ready is about to. */
  next(): Lane | undefined {
    const wanting = this.lanes.filter((lane) => lane.wants);
    return this.policy === 'strict' ? wanting[0] : nextOf(wanting);
  }

  /** The lane gets its turn. */
  charge(lane: Lane): void {
    if (this.policy === 'strict') return;
    const wanting = this.lanes.filter((one) => one.wants);
    charge(wanting, lane);
  }

  /** Whether a resting lane of it would come before one that waits. */
  comesBefore(resting: Lane, best: Lane): boolean {
    return this.policy === 'weighted' || resting.level > best.level;
  }

  entered(): void {
    this.running += 1;
  }

  left(): void {
    this.running -= 1;
  }
}
