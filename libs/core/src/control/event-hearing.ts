import type { Clock, Timer } from '../kernel/clock.js';
import type { Signals } from '../ports/signals.js';
import { readCarried, type ClusterMoment } from './carried-moment.js';
import { sendCommand } from './listener.js';

export type ClusterObserver = (moment: ClusterMoment) => void;

/** Processes send their events for three times as long. */
const SAID_EVERY_MS = 10_000;

/** Many processes that begin at once get one answer. */
const ANSWER_AFTER_MS = 200;

/**
 * Hears the job moments of all processes while this one has observers of them: deaf -> listening -> deaf ... -> closed.
 * That it listens it says when it begins, when it is attached again, when it is asked, and every 10 s.
 */
export class EventHearing {
  private observers: readonly ClusterObserver[] = [];
  private leave: (() => void) | undefined;
  private next: Timer | undefined;
  private answer: Timer | undefined;
  private isClosed = false;

  constructor(
    private readonly signals: Signals,
    private readonly clock: Clock,
  ) {}

  /** Returns the way out. What an observer throws reaches nobody. */
  add(given: ClusterObserver): () => void {
    const observer: ClusterObserver = (moment) => given(moment);
    this.observers = [...this.observers, observer];
    if (this.observers.length === 1 && !this.isClosed) this.begin();
    return () => {
      this.observers = this.observers.filter((other) => other !== observer);
      if (this.observers.length === 0) this.end();
    };
  }

  /** Somebody asks who listens. */
  asked(): void {
    if (!this.leave) return;
    this.answer ??= this.clock.setTimer(ANSWER_AFTER_MS, () => this.say());
  }

  close(): void {
    this.isClosed = true;
    this.end();
  }

  private begin(): void {
    this.leave = this.signals.listen('events', {
      onSignal: ({ body }) => this.hear(body),
      onAttached: () => this.say(),
    });
    this.next ??= this.clock.setTimer(SAID_EVERY_MS, () => this.say());
  }

  private end(): void {
    this.leave?.();
    this.leave = undefined;
    this.next?.cancel();
    this.answer?.cancel();
    this.next = undefined;
    this.answer = undefined;
  }

  private say(): void {
    this.answer?.cancel();
    this.answer = undefined;
    this.next?.cancel();
    this.next = this.clock.setTimer(SAID_EVERY_MS, () => this.say());
    sendCommand(this.signals, { kind: 'listening' });
  }

  private hear(body: unknown): void {
    const moment = readCarried(body);
    if (!moment) return;
    for (const observer of this.observers) {
      try {
        observer(moment);
      } catch {
        // Its own affair: JobEvents tells of what subscribers throw.
      }
    }
  }
}
