import { systemClock, type Timer } from 'nestjs-warren/ports';
import type { Parcel } from './parcel.js';

/** After the first job, others that come at once are waited for so long. */
const GATHER_MS = 20;

/** One request that waits for jobs. */
export class Receiver {
  readonly got: Parcel[] = [];
  readonly done: Promise<readonly Parcel[]>;
  private finish!: (got: readonly Parcel[]) => void;
  private timer: Timer;
  private isGathering = false;
  private isOver = false;

  constructor(
    readonly queues: ReadonlySet<string>,
    readonly leaseMs: number,
    private readonly most: number,
    waitMs: number,
    private readonly onEnd: (receiver: Receiver) => void,
  ) {
    this.done = new Promise((resolve) => (this.finish = resolve));
    this.timer = systemClock.setTimer(waitMs, () => this.end());
  }

  /** Jobs that it would take more. */
  get wants(): number {
    return this.isOver ? 0 : this.most - this.got.length;
  }

  give(parcel: Parcel): void {
    this.got.push(parcel);
    if (this.wants === 0) return this.end();
    if (this.isGathering) return;
    this.isGathering = true;
    this.timer.cancel();
    this.timer = systemClock.setTimer(GATHER_MS, () => this.end());
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.timer.cancel();
    this.onEnd(this);
    this.finish(this.got);
  }
}
