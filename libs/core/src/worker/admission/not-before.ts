import type { Gate } from './types.js';

/** Holds back what is due later and what no broker held: delays longer than its longest, messages of other programs. */
export const notBefore: Gate = ({ notBefore: dueAt }, _policy, now) =>
  dueAt !== undefined && dueAt > now
    ? { kind: 'snoozed', delayMs: dueAt - now, reason: 'not due yet' }
    : undefined;
