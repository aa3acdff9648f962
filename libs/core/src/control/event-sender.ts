import type { Clock } from '../kernel/clock.js';
import type { Observer } from '../observe/moments.js';
import type { Signals } from '../ports/signals.js';
import { carried, isJobMoment, keyOf, type JobMomentKind } from './carried-moment.js';

/** Who still listens says so several times in this time. */
const HEARD_FOR_MS = 30_000;

export interface EventSenderParts {
  readonly signals: Signals;
  readonly clock: Clock;
  readonly workerName: string;
  /** Adds an observer of this process; returns the way out. */
  readonly observe: (observer: Observer) => () => void;
}

/**
 * Sends the job moments of this process while somebody listens, of the kinds that somebody wants: silent -> sending ->
 * silent. Silent, it costs nothing.
 */
export class EventSender {
  /** By `Clock.elapsed`; so are those below. */
  private sendingUntil = -Infinity;
  private everyKindUntil = -Infinity;
  private readonly untilOf = new Map<JobMomentKind, number>();
  private stop: (() => void) | undefined;

  constructor(private readonly parts: EventSenderParts) {}

  get isSending(): boolean {
    return this.stop !== undefined && this.parts.clock.elapsed() < this.sendingUntil;
  }

  /** Somebody listens to these; undefined: to every kind. */
  somebodyListens(kinds: readonly JobMomentKind[] | undefined): void {
    const { clock, observe } = this.parts;
    this.sendingUntil = clock.elapsed() + HEARD_FOR_MS;
    if (!kinds) this.everyKindUntil = this.sendingUntil;
    for (const kind of kinds ?? []) this.untilOf.set(kind, this.sendingUntil);
    this.stop ??= observe((moment) => {
      const { signals, workerName } = this.parts;
      if (!this.isSending) this.close();
      else if (isJobMoment(moment) && this.isWanted(moment.kind)) {
        signals.send({ topic: 'events', key: keyOf(moment), body: carried(moment, workerName) });
      }
    });
  }

  private isWanted(kind: JobMomentKind): boolean {
    const wantedUntil = Math.max(this.everyKindUntil, this.untilOf.get(kind) ?? -Infinity);
    return this.parts.clock.elapsed() < wantedUntil;
  }

  close(): void {
    this.stop?.();
    this.stop = undefined;
  }
}
