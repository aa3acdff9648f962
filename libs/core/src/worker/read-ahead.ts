/** A handler that takes less on average is worth it: what waits behind it waits for a moment. */
const SHORT_MS = 10;
/** From here on it is not any more. Between the two nothing changes. */
const LONG_MS = 20;
/** Handler runs that are looked at before anything is decided. */
const SAMPLES = 50;
/** What one run weighs in the moving average. */
const WEIGHT = 1 / 32;
/** Messages taken ahead: for each slot, and at most. The last waits for three short handlers. */
const FOR_EACH_SLOT = 3;
const MOST = 300;

/**
 * Whether a consumer takes messages while all of its slots are taken, so that the way from the broker, and to the job
 * store, is hidden behind the handlers that run. Off by default: a message taken ahead waits for this worker, although
 * another one may be free, which only those behind short handlers do not feel.
 */
export class ReadAhead {
  private meanMs = 0;
  private samples = 0;
  private isOn = false;
  private isForbidden = false;
  private readonly count: number;

  constructor(
    concurrency: number,
    private readonly change: (count: number) => void,
  ) {
    this.count = Math.min(concurrency * FOR_EACH_SLOT, MOST);
  }

  /** A handler took that long. */
  ran(durationMs: number): void {
    if (this.isForbidden) return;
    this.samples += 1;
    this.meanMs += (durationMs - this.meanMs) * Math.max(WEIGHT, 1 / this.samples);
    if (this.samples < SAMPLES) return;
    if (this.isOn ? this.meanMs >= LONG_MS : this.meanMs < SHORT_MS) this.turn(!this.isOn);
  }

  /** Something waited for a slot for too long. */
  stop(): void {
    if (this.isOn) this.turn(false);
  }

  /** For good. */
  forbid(): void {
    this.isForbidden = true;
    this.stop();
  }

  private turn(isOn: boolean): void {
    this.isOn = isOn;
    this.samples = 0;
    this.change(isOn ? this.count : 0);
  }
}
