import { CONTROL_WORDS, WarrenError, describeError, isWarrenError } from '../kernel/errors/index.js';
import type { WantedEnd } from './early-cancellations.js';

/** How an attempt ended. */
export type Ending =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'thrown'; readonly thrown: unknown }
  /** The handler was not called: the payload does not satisfy its contract. */
  | { readonly kind: 'invalid'; readonly thrown: WarrenError }
  | Interruption;

/**
 * `interrupted`: by shutdown. `lost`: the delivery's channel is gone. Either way the job runs again. `cancelled`:
 * somebody wants the job to end.
 */
export type Interruption =
  | { readonly kind: 'interrupted' | 'lost'; readonly why: string }
  | ({ readonly kind: 'cancelled' } & WantedEnd);

/** Whether what comes second decides. Of a job that ends for good, nothing else matters any more. */
export function overrules(next: Interruption, first: Interruption | undefined): boolean {
  // The broker hands out again what is lost, by itself: nothing must be published for it any more.
  if (next.kind === 'lost') return first?.kind === 'interrupted';
  return next.kind === 'cancelled' && (first === undefined || first.kind === 'interrupted');
}

/** What the signal is aborted with. */
export function reasonOf(interruption: Interruption, named: string): WarrenError {
  if (interruption.kind === 'cancelled') {
    const { reason, by } = interruption;
    const who = `${by === undefined ? '' : ` by ${by}`}${reason === undefined ? '' : ` (${reason})`}`;
    return new WarrenError('WARREN_JOB_CANCELLED', `${named}: the job was cancelled${who}. Stop its work.`, {
      details: { reason, by },
    });
  }
  const { kind, why } = interruption;
  return new WarrenError('WARREN_INTERRUPTED', `${named} was ${kind}: ${why}. The job runs again.`, {
    details: { kind, why },
  });
}

export function howItEnded(ending: Ending): string {
  if (!('thrown' in ending)) return 'it returned';
  const { name, message } = describeError(ending.thrown);
  return `it threw ${name}: ${message}`;
}

/** What comes after the timeout is a consequence of it, unless it says of its own how the attempt ends. */
export function afterTimeout(timeout: WarrenError, ending: Ending): Ending {
  if (ending.kind !== 'thrown') return ending;
  const { thrown } = ending;
  if (thrown === timeout || CONTROL_WORDS.some((code) => isWarrenError(thrown, code))) return ending;
  const { code, message, details } = timeout;
  return { kind: 'thrown', thrown: new WarrenError(code, message, { cause: thrown, details }) };
}
