import type { Signal, SignalListener } from './signals.js';

/** Who listens to one topic through one broker. What a listener throws reaches nobody. */
export class SignalAudience {
  /** Replaced, never changed, so that one may leave while it is being told. */
  private listeners: readonly SignalListener[] = [];

  get isEmpty(): boolean {
    return this.listeners.length === 0;
  }

  /** Returns the way out. One that is added twice is told twice. */
  add(given: SignalListener): () => void {
    const listener: SignalListener = {
      onSignal: (signal) => given.onSignal(signal),
      onAttached: () => given.onAttached?.(),
    };
    this.listeners = [...this.listeners, listener];
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener);
    };
  }

  hear(signal: Signal): void {
    this.tell((listener) => listener.onSignal(signal));
  }

  attached(): void {
    this.tell((listener) => listener.onAttached?.());
  }

  private tell(about: (listener: SignalListener) => void): void {
    for (const listener of this.listeners) {
      // It may have left over what one before it did.
      if (!this.listeners.includes(listener)) continue;
      try {
        about(listener);
      } catch {
        // Its own affair: the others and the broker go on.
      }
    }
  }
}
