import { describeError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { Moment, Observer } from './moments.js';

/**
 * Tells observers about moments: each isolated from the others and from the job, none awaited. What one throws is
 * logged once.
 */
export class Observers {
  /** Replaced, never changed, so that an observer may add or remove one while it is being told. */
  private observers: readonly Observer[] = [];
  private readonly complained = new WeakSet<Observer>();

  constructor(private readonly logger: Logger) {}

  /** Returns the way to stop. */
  add(observer: Observer): () => void {
    this.observers = [...this.observers, observer];
    return () => {
      this.observers = this.observers.filter((other) => other !== observer);
    };
  }

  tell(moment: Moment): void {
    for (const observer of this.observers) {
      try {
        observer(moment);
      } catch (error) {
        this.complainOnce(observer, moment, error);
      }
    }
  }

  private complainOnce(observer: Observer, moment: Moment, error: unknown): void {
    if (this.complained.has(observer)) return;
    this.complained.add(observer);
    const { name, message } = describeError(error);
    this.logger.error(
      `An observer threw at the moment '${moment.kind}': ${name}: ${message}. The job is not affected; further errors of this observer are not logged.`,
    );
  }
}
