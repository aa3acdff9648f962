import type { ErrorDescription } from '../kernel/errors/index.js';
import type { FailureReason } from './envelope.js';

/** The value that the delivery of a job ended in. One function settles each kind. */
export type JobOutcome =
  | { readonly kind: 'completed'; readonly result: unknown }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly error: ErrorDescription }
  | {
      readonly kind: 'snoozed';
      readonly delayMs: number;
      readonly reason: string;
      /** Nothing else is to start by its rates until then. */
      readonly holdRate?: boolean;
    }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly error: ErrorDescription }
  /** Somebody cancelled it. */
  | { readonly kind: 'cancelled'; readonly reason: string | undefined; readonly by: string | undefined }
  /** Another message of the job owns it, or it was discarded: this one leaves. */
  | { readonly kind: 'duplicate'; readonly why: string }
  /** It did not get to its end through no fault of its own: the same attempt begins again. */
  | { readonly kind: 'interrupted'; readonly why: string }
  /** The right to settle is gone: the broker hands it out again. */
  | { readonly kind: 'lost'; readonly why: string };
