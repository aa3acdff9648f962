import type { Signals } from '../ports/signals.js';
import type { StopWanted } from '../worker/early-cancellations.js';
import { cutText } from './commands.js';
import { sendCommand } from './listener.js';

/** Who wants the end and why, and of which messages, where that is said. */
export type StopRequest = { readonly [Field in keyof StopWanted]?: StopWanted[Field] };

export interface StopParts {
  /** Undefined: this process is alone. */
  readonly signals: Signals | undefined;
  /** Cancels what runs in this process; nothing in one that takes no jobs. */
  readonly cancelHere: (jobId: string, wanted: StopWanted) => void;
}

/**
 * Asks whoever runs the job to end it: here at once, and by a signal in all other processes. Good to hear and safe to
 * miss: a job store that was told first makes the end sure.
 */
export function askToStop(
  jobId: string,
  { reason, by, generation }: StopRequest,
  { signals, cancelHere }: StopParts,
): void {
  const wanted = { reason: cutText(reason), by: cutText(by), generation };
  cancelHere(jobId, wanted);
  if (signals) sendCommand(signals, { kind: 'cancel', id: jobId, ...wanted });
}
