import type { Envelope } from '../../job/envelope.js';
import type { JobOutcome } from '../../job/outcome.js';
import type { Policy } from '../../job/policy.js';

/** Lets a job in (undefined), or says how its delivery ends. It never waits and never spends an attempt. */
export type Gate = (envelope: Envelope, policy: Policy, now: number) => JobOutcome | undefined;
