/**
 * Broadcasts between the processes of an application, for what is good to hear and safe to miss: nothing waits for a
 * signal, and nobody hears one that was sent while it was not connected.
 *
 * `control`: instructions to running processes. `events`: what happened to jobs.
 */
export type SignalTopic = 'control' | 'events';

export interface Signal {
  readonly topic: SignalTopic;
  /** What it is about, for those who bind to a part of them at the broker: words separated by dots. Up to 255 bytes. */
  readonly key: string;
  /** A value that JSON carries. */
  readonly body: unknown;
}

/** Every implementation passes `signalsContract` of `nestjs-warren/testing`. */
export interface Signals {
  /** To all processes of the application that listen to its topic, this one included. Never throws; dropped while not connected. */
  send(signal: Signal): void;

  /**
   * Calls back with each signal of the topic, in the order of one sender, until the returned function is called. Heals
   * by itself: `onAttached` is told whenever signals can be heard or sent (again), at once where they can be heard now. What a
   * listener throws reaches nobody.
   */
  listen(topic: SignalTopic, listener: SignalListener): () => void;
}

export interface SignalListener {
  onSignal(signal: Signal): void;
  onAttached?(): void;
}
