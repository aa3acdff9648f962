import type { Clock, Timer } from '../kernel/clock.js';
import type { Signals } from '../ports/signals.js';
import { readCarried, type ClusterMoment, type JobMomentKind } from './carried-moment.js';
import { sendCommand } from './listener.js';

export type ClusterObserver = (moment: ClusterMoment) => void;

interface Hearer {
  readonly observer: ClusterObserver;
  /** Undefined: every kind. */
  readonly kind: JobMomentKind | undefined;
}

/** Processes send their events for three times as long. */
const SAID_EVERY_MS = 10_000;

/** Many processes that begin at once get one answer. */
const ANSWER_AFTER_MS = 200;

/**
 * Hears the job moments of all processes while this one has observers of them: deaf -> listening -> deaf ... -> closed.
 * That it listens, and to what, it says when it begins, when somebody wants another kind, when it is attached again,
 * when it is asked, and every 10 s.
 */
export class EventHearing {
  private hearers: readonly Hearer[] = [];
  private leave: (() => void) | undefined;
  private next: Timer | undefined;
  private answer: Timer | undefined;
  private isClosed = false;

  constructor(
    private readonly signals: Signals,
    private readonly clock: Clock,
  ) {}

  /** Of one kind, or of all. Returns the way out. What an observer throws reaches nobody. */
  add(observer: ClusterObserver, kind?: JobMomentKind): () => void {
    const hearer: Hearer = { observer, kind };
    const isNews = !this.hearers.some((other) => other.kind === undefined || other.kind === kind);
    this.hearers = [...this.hearers, hearer];
    if (!this.isClosed && !this.leave) this.begin();
    else if (!this.isClosed && isNews) this.say();
    return () => {
      this.hearers = this.hearers.filter((other) => other !== hearer);
      if (this.hearers.length === 0) this.end();
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
    sendCommand(this.signals, { kind: 'listening', kinds: this.kinds() });
  }

  /** Undefined: every one. */
  private kinds(): readonly JobMomentKind[] | undefined {
    const kinds = new Set(this.hearers.map(({ kind }) => kind));
    return kinds.has(undefined) ? undefined : [...(kinds as Set<JobMomentKind>)];
  }

  private hear(body: unknown): void {
    const moment = readCarried(body);
    if (!moment) return;
    for (const { observer, kind } of this.hearers) {
      if (kind !== undefined && kind !== moment.kind) continue;
      try {
        observer(moment);
      } catch {
        // Its own affair: JobEvents tells of what subscribers throw.
      }
    }
  }
}
