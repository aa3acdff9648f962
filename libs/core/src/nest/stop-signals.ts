import { Logger } from '@nestjs/common';
import { systemClock } from '../kernel/clock.js';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * One Ctrl-C comes twice, from the terminal and from npm or `nest start`, which pass it on: what follows within this
 * time is the same one.
 */
const SAME_SIGNAL_MS = 300;

/**
 * Listens to the signals that stop a process: the first is Nest's to obey, once the application is there; the second
 * ends the process at once. Nothing is lost by that: what was not settled is handed out again by the broker.
 */
export class StopSignals {
  private firstAt: number | undefined;
  /** Came during the boot. */
  private early: StopSignal | undefined;
  private isBooting = true;

  static listen(): StopSignals {
    const signals = new StopSignals();
    for (const signal of STOP_SIGNALS) process.on(signal, signals.onSignal);
    return signals;
  }

  /** The application listens by itself from now on; a signal that came before is raised anew for it. */
  booted(): void {
    this.isBooting = false;
    if (this.early) process.kill(process.pid, this.early);
  }

  ignore(): void {
    for (const signal of STOP_SIGNALS) process.off(signal, this.onSignal);
  }

  private readonly onSignal = (signal: StopSignal): void => {
    const now = systemClock.elapsed();
    if (this.firstAt === undefined) {
      this.firstAt = now;
      if (this.isBooting) this.early = signal;
      return;
    }
    const isRaisedAnew = signal === this.early && !this.isBooting;
    if (isRaisedAnew) this.early = undefined;
    else if (now - this.firstAt >= SAME_SIGNAL_MS) stopAtOnce(signal);
  };
}

function stopAtOnce(signal: StopSignal): never {
  new Logger('Warren').warn(
    `A second signal (${signal}): the process ends at once, without waiting for what runs. Jobs that were not settled run again elsewhere.`,
  );
  process.exit(1);
}
