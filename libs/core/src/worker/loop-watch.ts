import type { Clock, LoopClock, Timer } from '../kernel/clock.js';
import type { JobInProgress } from '../observe/moments.js';
import type { Observers } from '../observe/observers.js';

/**
 * Notices that the event loop stood still while jobs ran: idle -> ticking -> idle. It ticks while there are runs; a
 * tick that comes late means that nothing else could run either. Costs a job one comparison at its begin and one at
 * its end.
 */

const TICK_MS = 250;

/** A tick later than this is told. AMQP counts heartbeats in whole seconds: less costs no connection. */
const BLOCKED_MS = 1_000;

/** Ended runs shorter than this are not remembered until the next tick: they had no part in a second of standstill. */
const NOTEWORTHY_MS = 50;

export interface LoopWatchParts {
  readonly clock: Clock;
  /** Undefined: time is a test's own, and nothing is watched. */
  readonly loop: LoopClock | undefined;
  readonly observers: Observers;
  /** Of the connections to the broker; undefined where there are none. */
  readonly connectionHeartbeatMs: number | undefined;
}

/** What the watch asks of a run. */
export interface WatchedRun {
  readonly job: JobInProgress;
  /** In a thread of its own, it cannot block the loop. */
  readonly isIsolated: boolean;
}

interface Reading {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly monotonicMs: number;
  readonly cpuMs: number;
}

export class LoopWatch {
  private inProgress: () => readonly WatchedRun[] = () => [];
  private endedSinceTick: Array<{ readonly run: WatchedRun; readonly at: number }> = [];
  private ticking: Timer | undefined;
  private last: Reading | undefined;

  constructor(private readonly parts: LoopWatchParts) {}

  /** Where to ask which runs are in progress. */
  follow(inProgress: () => readonly WatchedRun[]): void {
    this.inProgress = inProgress;
  }

  /** A run is about to begin. */
  wake(): void {
    const { loop } = this.parts;
    if (this.ticking || !loop) return;
    this.last = this.read(loop);
    this.ticking = loop.every(TICK_MS, () => this.tick(loop));
  }

  /** A handler that blocks and then returns has ended before any timer can fire: it is remembered until then. */
  ended(run: WatchedRun | undefined, startedAt: number, at: number): void {
    if (at - startedAt < NOTEWORTHY_MS || !run || !this.ticking) return;
    this.endedSinceTick.push({ run, at });
  }

  private tick(loop: LoopClock): void {
    const now = this.read(loop);
    const { last = now, endedSinceTick } = this;
    const running = this.inProgress();
    this.last = now;
    this.endedSinceTick = [];
    if (now.monotonicMs - last.monotonicMs - TICK_MS >= BLOCKED_MS) {
      // When this tick was due the loop stood still already: who had ended by then had no part in it.
      const dueAt = last.at + TICK_MS;
      const ended = endedSinceTick.filter(({ at }) => at >= dueAt).map(({ run }) => run);
      // One that was given up since the last tick is among both.
      this.tell([...new Set([...ended, ...running])], last, now);
    }
    if (running.length > 0) return;
    this.ticking?.cancel();
    this.ticking = undefined;
  }

  private tell(all: readonly WatchedRun[], last: Reading, now: Reading): void {
    const runs = all.filter(({ isIsolated }) => !isIsolated);
    if (runs.length === 0) return;
    this.parts.observers.tell({
      kind: 'eventLoopBlocked',
      at: now.at,
      blockedMs: Math.round(now.monotonicMs - last.monotonicMs - TICK_MS),
      cpuMs: Math.round(now.cpuMs - last.cpuMs),
      connectionHeartbeatMs: this.parts.connectionHeartbeatMs,
      jobs: runs.map(({ job }) => job),
    });
  }

  private read(loop: LoopClock): Reading {
    return { at: this.parts.clock.now(), monotonicMs: loop.monotonicMs(), cpuMs: loop.cpuMs() };
  }
}
