import type { QueueSpec } from './queue-spec.js';

/** What somebody who looks at the broker has found. */

/**
 * `ok`: as it should be. `warn`: works, with a drawback. `fail`: jobs are lost, stuck or refused, or will be.
 * `unknown`: could not be looked at from here; `fix` says how it can be.
 */
export type FindingLevel = 'ok' | 'warn' | 'fail' | 'unknown';

/** One thing that was looked at. Texts hold no credentials. */
export interface Finding {
  readonly level: FindingLevel;
  /** What it is about: `broker`, `alarms`, `queue email`, `delays`. */
  readonly subject: string;
  /** What is so. */
  readonly message: string;
  /** What to do: an option to set, or a command to run. */
  readonly fix?: string;
}

/** What the handlers of this application need of a queue. */
export interface QueueNeeds {
  readonly spec: QueueSpec;
  /** How long a job of it may be held, in milliseconds; undefined: any time. Only known where it is consumed. */
  readonly longestHoldMs: number | undefined;
  /** Whether this process takes jobs from it. */
  readonly isConsumed: boolean;
}

export interface InspectOptions {
  /**
   * `boot`: only what a declaration that has just succeeded leaves open. `full`: everything, at the price of some
   * hundred small requests.
   */
  readonly depth: 'boot' | 'full';
  /** The inspection ends after this time, in milliseconds, with what it knows by then. */
  readonly limitMs: number;
}
