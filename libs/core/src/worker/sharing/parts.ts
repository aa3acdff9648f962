import type { Weighed } from './weighing.js';

/** What a lane and its queue know of the slots that they share. */
export interface Slots {
  /** Attempts at once. */
  readonly slots: number;
  resize(slots: number): void;
  /** Something has changed. */
  look(): void;
  /** A slot is free again. */
  left(): void;
}

/** What a lane knows of the queue whose jobs it takes. */
export interface LaneQueue extends Weighed {
  /** Slots that the queue may have at once. */
  readonly cap: number;
  resize(cap: number): void;
  /** Whether one of its lanes has work, or is about to. */
  readonly isBusy: boolean;
  entered(): void;
  left(): void;
}
