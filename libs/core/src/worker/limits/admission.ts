import type { JobOutcome } from '../../job/outcome.js';
import type { StopReason, WaitEnd } from './waiter.js';

/** What the wait of a consumer's place can be told. */
export interface LimitWait {
  stop(why: StopReason): void;
}

/** What came of the wait for limits: the job may start, or `refusal` says how its delivery ends. */
export interface LimitAdmission {
  readonly refusal: JobOutcome | undefined;
  /** Its outcome is decided. */
  decided(outcome: JobOutcome): void;
  /** It does not run any more: its slots are free. Once. */
  leave(): void;
}

const INTERRUPTED = {
  quiet: 'the worker shuts down',
  turned: 'its consumer ended while it waited for a limit',
} as const;

export function refusalOf(end: WaitEnd): JobOutcome | undefined {
  switch (end.kind) {
    case 'in':
      return undefined;
    case 'later':
      return { kind: 'snoozed', delayMs: end.delayMs, reason: end.reason };
    case 'stopped':
      return end.why === 'lost'
        ? { kind: 'lost', why: 'its channel ended while it waited for a limit' }
        : { kind: 'interrupted', why: INTERRUPTED[end.why] };
  }
}
