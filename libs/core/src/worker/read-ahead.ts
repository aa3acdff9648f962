/** Handlers that take less than `belowMs` on average have so many messages taken ahead for each slot, until they take `untilMs`. */
interface Step {
  readonly belowMs: number;
  readonly untilMs: number;
  readonly forEachSlot: number;
}

/** The shortest first. With each, the last message waits for some 30 ms of handlers. */
const STEPS: readonly Step[] = [
  { belowMs: 1, untilMs: 2, forEachSlot: 30 },
  { belowMs: 10, untilMs: 20, forEachSlot: 3 },
];
/** Of a queue: more hide no more, and live long enough to be copied by the garbage collector. */
const MOST = 300;
/** Handler runs that are looked at before anything is decided. */
const SAMPLES = 50;
/** What one run weighs in the moving average. */
const WEIGHT = 1 / 32;

/**
 * How many messages a consumer takes while all of its slots are taken, so that the way from the broker, and to the job
 * store, is hidden behind the handlers that run. None at first: a message taken ahead waits for this worker, although
 * another one may be free, which only those behind short handlers do not feel.
 */
export class ReadAhead {
  private meanMs = 0;
  private samples = 0;
  private step: Step | undefined;
  private count = 0;
  private isForbidden = false;

  constructor(
    private readonly concurrency: number,
    private readonly change: (count: number) => void,
  ) {}

  /** A handler took that long. */
  ran(durationMs: number): void {
    if (this.isForbidden) return;
    this.samples += 1;
    this.meanMs += (durationMs - this.meanMs) * Math.max(WEIGHT, 1 / this.samples);
    if (this.samples < SAMPLES) return;
    const { meanMs, step: current } = this;
    const step = STEPS.find((one) => meanMs < (one === current ? one.untilMs : one.belowMs));
    if (step !== current) this.turn(step);
  }

  /** Something waited for a slot for too long. */
  stop(): void {
    if (this.step) this.turn(undefined);
  }

  /** For good. */
  forbid(): void {
    this.isForbidden = true;
    this.stop();
  }

  private turn(step: Step | undefined): void {
    this.step = step;
    this.samples = 0;
    const count = Math.min(this.concurrency * (step?.forEachSlot ?? 0), MOST);
    if (count === this.count) return;
    this.count = count;
    this.change(count);
  }
}
