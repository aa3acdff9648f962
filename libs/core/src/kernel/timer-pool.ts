import type { Clock, Timer } from './clock.js';

/**
 * Many timers of few lengths, most of them cancelled early, such as the timeouts of jobs: those of one length end in
 * the order of their making, so that one timer of the clock serves them all.
 */
export class TimerPool {
  private readonly lanes = new Map<number, Lane>();

  constructor(private readonly clock: Clock) {}

  /** As `Clock.setTimer`. */
  setTimer(delayMs: number, callback: () => void): Timer {
    let lane = this.lanes.get(delayMs);
    if (!lane) {
      lane = new Lane(this.clock, () => this.lanes.delete(delayMs));
      this.lanes.set(delayMs, lane);
    }
    const timer = new PooledTimer(lane, this.clock.elapsed() + delayMs, callback);
    lane.add(timer);
    return timer;
  }
}

class PooledTimer implements Timer {
  constructor(
    private readonly lane: Lane,
    /** By `Clock.elapsed`. */
    readonly dueAt: number,
    readonly callback: () => void,
  ) {}

  cancel(): void {
    this.lane.remove(this);
  }
}

/** The timers of one length, the first due first. */
class Lane {
  private readonly timers = new Set<PooledTimer>();
  private alarm: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly onEmpty: () => void,
  ) {}

  add(timer: PooledTimer): void {
    this.timers.add(timer);
    this.alarm ??= this.clock.setTimer(timer.dueAt - this.clock.elapsed(), () => this.ring());
  }

  remove(timer: PooledTimer): void {
    if (!this.timers.delete(timer) || this.timers.size > 0) return;
    // The process may end when nothing is left to wait for.
    this.alarm?.cancel();
    this.alarm = undefined;
    this.onEmpty();
  }

  private ring(): void {
    this.alarm = undefined;
    const now = this.clock.elapsed();
    for (const timer of this.timers) {
      if (timer.dueAt > now) {
        this.alarm = this.clock.setTimer(timer.dueAt - now, () => this.ring());
        return;
      }
      this.timers.delete(timer);
      timer.callback();
    }
    if (this.timers.size === 0) this.onEmpty();
  }
}
