import type { Clock, Timer } from '../../kernel/clock.js';

interface Entry {
  readonly dueAt: number;
  readonly sequence: number;
  readonly release: () => void;
}

/** Callbacks at instants: one timer for the earliest of a binary heap; equal instants in order of adding. */
export class DelayHeap {
  private readonly heap: Entry[] = [];
  private timer: Timer | undefined;
  private timerDueAt = Infinity;
  private sequence = 0;
  private isSuspended = false;

  constructor(private readonly clock: Clock) {}

  add(dueAt: number, release: () => void): void {
    this.sequence += 1;
    this.heap.push({ dueAt, sequence: this.sequence, release });
    this.siftUp(this.heap.length - 1);
    this.arm();
  }

  /** Keeps all, and fires nothing until `resume`: no timer keeps the process alive. */
  suspend(): void {
    this.isSuspended = true;
    this.disarm();
  }

  resume(): void {
    this.isSuspended = false;
    this.arm();
  }

  private arm(): void {
    const first = this.heap[0];
    if (!first || first.dueAt >= this.timerDueAt || this.isSuspended) return;
    this.disarm();
    this.timerDueAt = first.dueAt;
    this.timer = this.clock.setTimer(first.dueAt - this.clock.now(), () => this.fire());
  }

  private disarm(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.timerDueAt = Infinity;
  }

  private fire(): void {
    this.disarm();
    // A timer of Node may fire a millisecond before the clock shows its instant: what is not due is armed again.
    const now = this.clock.now();
    for (let first = this.heap[0]; first && first.dueAt <= now; first = this.heap[0]) {
      this.removeFirst();
      first.release();
    }
    this.arm();
  }

  private removeFirst(): void {
    const last = this.heap.pop()!;
    if (this.heap.length === 0) return;
    this.heap[0] = last;
    this.siftDown();
  }

  private siftUp(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.isBefore(index, parent)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private siftDown(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.heap.length) return;
      const right = left + 1;
      const child = right < this.heap.length && this.isBefore(right, left) ? right : left;
      if (!this.isBefore(child, index)) return;
      this.swap(child, index);
      index = child;
    }
  }

  private isBefore(a: number, b: number): boolean {
    const [left, right] = [this.heap[a]!, this.heap[b]!];
    return left.dueAt < right.dueAt || (left.dueAt === right.dueAt && left.sequence < right.sequence);
  }

  private swap(a: number, b: number): void {
    const held = this.heap[a]!;
    this.heap[a] = this.heap[b]!;
    this.heap[b] = held;
  }
}
