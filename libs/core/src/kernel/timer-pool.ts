import { Chain, type Link } from './chain.js';
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
    return lane.add(this.clock.elapsed() + delayMs, callback);
  }
}

/** `dueAt` by `Clock.elapsed`. */
interface PooledTimer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** The timers of one length, the first due first. */
class Lane {
  private readonly timers = new Chain<PooledTimer>();
  private alarm: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly onEmpty: () => void,
  ) {}

  add(dueAt: number, callback: () => void): Timer {
    const link = this.timers.add({ dueAt, callback });
    this.alarm ??= this.clock.setTimer(dueAt - this.clock.elapsed(), () => this.ring());
    return { cancel: () => this.remove(link) };
  }

  private remove(link: Link<PooledTimer>): void {
    if (!this.timers.remove(link) || this.timers.size > 0) return;
    // The process may end when nothing is left to wait for.
    this.alarm?.cancel();
    this.alarm = undefined;
    this.onEmpty();
  }

  private ring(): void {
    this.alarm = undefined;
    const now = this.clock.elapsed();
    for (let { head } = this.timers; head; head = this.timers.head) {
      const { dueAt, callback } = head.value;
      if (dueAt > now) {
        this.alarm = this.clock.setTimer(dueAt - now, () => this.ring());
        return;
      }
      this.timers.remove(head);
      callback();
    }
    this.onEmpty();
  }
}
