import { askToStop, type StopRequest } from '../control/cancellation.js';
import { isJobMoment, type JobMomentKind } from '../control/carried-moment.js';
import type { Command } from '../control/commands.js';
import { EventHearing, type ClusterObserver } from '../control/event-hearing.js';
import { EventSender } from '../control/event-sender.js';
import { listenToCommands, sendCommand } from '../control/listener.js';
import type { Clock } from '../kernel/clock.js';
import type { Detached } from '../kernel/detached.js';
import type { Observers } from '../observe/observers.js';
import type { Signals } from '../ports/signals.js';
import type { StopWanted } from '../worker/early-cancellations.js';

export interface ControlParts {
  /** The main thread tells everything; this one hears nothing. */
  readonly isInThread: boolean;
  /** Undefined: the broker has none, and this process hears of itself alone. */
  readonly signals: Signals | undefined;
  readonly observers: Observers;
  readonly clock: Clock;
  readonly detached: Detached;
  readonly workerName: string;
  /** What operators turn while jobs run. */
  readonly turn: (command: Command) => void;
  /** Undefined: this process takes no jobs, for now. */
  readonly worker: () => { cancel(jobId: string, wanted: StopWanted): void } | undefined;
}

/** What this process hears from the others and tells them: created -> started -> closed. */
export class Control {
  private readonly sender: EventSender | undefined;
  private readonly hearing: EventHearing | undefined;
  private leave: (() => void) | undefined;

  constructor(private readonly parts: ControlParts) {
    const { signals, clock, observers, detached, workerName, isInThread } = parts;
    if (!signals || isInThread) return;
    // A timer set inside a request would keep that request's async context.
    const timers: Clock = {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      setTimer: (delayMs, callback) => detached(() => clock.setTimer(delayMs, callback)),
    };
    this.hearing = new EventHearing(signals, timers);
    const observe = observers.add.bind(observers);
    this.sender = new EventSender({ signals, clock, workerName, observe });
  }

  start(): void {
    const { signals, isInThread } = this.parts;
    if (!signals || isInThread || this.leave) return;
    this.leave = listenToCommands(signals, {
      onCommand: (command) => this.obey(command),
      onAttached: () => sendCommand(signals, { kind: 'whoListens' }),
    });
  }

  /** The job moments of all processes, of one kind or of all; without signals, of this one. Returns the way out. */
  observe(observer: ClusterObserver, kind?: JobMomentKind): () => void {
    if (this.hearing) return this.hearing.add(observer, kind);
    const { observers, workerName, isInThread } = this.parts;
    if (isInThread) return () => undefined;
    return observers.add((moment) => {
      if (isJobMoment(moment) && (kind === undefined || kind === moment.kind))
        observer({ ...moment, process: workerName });
    });
  }

  /** Asks whoever runs the job to end it, in this process and in all others. */
  askToStop(jobId: string, wanted: StopRequest): void {
    const { signals } = this.parts;
    askToStop(jobId, wanted, { signals, cancelHere: (id, end) => this.parts.worker()?.cancel(id, end) });
  }

  close(): void {
    this.leave?.();
    this.sender?.close();
    this.hearing?.close();
  }

  private obey(command: Command): void {
    switch (command.kind) {
      case 'cancel':
        this.parts.worker()?.cancel(command.id, command);
        break;
      case 'listening':
        this.sender?.somebodyListens(command.kinds);
        break;
      case 'whoListens':
        this.hearing?.asked();
        break;
      case 'settings':
      case 'quiet':
      case 'wake':
      case 'stop':
        this.parts.turn(command);
        break;
    }
  }
}
