import type { Gate } from './types.js';

/** Holds back what is due later: delays longer than the broker's longest, and messages of other programs. */
export const notBefore: Gate = ({ notBefore: dueAt }, _policy, now) =>
  dueAt !== undefined && dueAt > now
    ? { kind: 'snoozed', delayMs: dueAt - now, reason: 'not due yet' }
    : undefined;
