import type { Envelope } from '../../job/envelope.js';
import type { JobOutcome } from '../../job/outcome.js';
import type { Policy } from '../../job/policy.js';
import { deadline } from './deadline.js';
import { notBefore } from './not-before.js';
import { ttl } from './ttl.js';
import type { Gate } from './types.js';

/** In this order: what is due later is not yet late. */
const GATES: readonly Gate[] = [notBefore, deadline, ttl];

/** Undefined: the attempt may start. */
export function admit(envelope: Envelope, policy: Policy, now: number): JobOutcome | undefined {
  for (const gate of GATES) {
    const outcome = gate(envelope, policy, now);
    if (outcome) return outcome;
  }
  return undefined;
}

export { deadlineOf } from './deadline.js';
