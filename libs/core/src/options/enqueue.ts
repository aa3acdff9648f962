import type { PortableBackoff } from '../kernel/backoff.js';
import type { Duration } from '../kernel/duration.js';
import type { OwnPolicy } from '../job/envelope.js';
import type { HeaderValue } from '../job/message.js';

/** Last argument of `enqueue`. What is set here wins over handler, definition, queue and module. */
export interface EnqueueOptions {
  /** Earliest start, counted from now. Not together with `runAt`. */
  readonly delay?: Duration;
  /** Earliest start as an instant; one in the past means now. */
  readonly runAt?: Date;
  /** Runs at most, the first included; capped by the queue's `maxAttempts`. */
  readonly attempts?: number;
  /** `exponential`, `linear` or `fixed`; a custom function cannot travel and belongs on the handler. */
  readonly backoff?: PortableBackoff;
  /** Longest run of one attempt. */
  readonly timeout?: Duration;
  /** After this instant, or this time from now, no attempt starts. */
  readonly deadline?: Duration | Date;
  /** Longest wait, from when it is due, until the first attempt starts. */
  readonly ttl?: Duration;
  /** 0 (default) to 31; higher is sooner, where the broker's queue knows priorities. */
  readonly priority?: number;
  /** Text, numbers and booleans that travel with the job; names may not begin with `warren-` or `x-`. */
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  /** Default: that of the job being run, else the new job's id. */
  readonly correlationId?: string;
  /** Default: a new UUIDv7. Give one to make a repeated enqueue recognisable. 1 to 255 bytes. */
  readonly id?: string;
  /** Queue to wait in; must be listed under `queues` of the module. Default: the definition's, else by type. */
  readonly queue?: string;
}

/** Enqueue options after validation: instants and milliseconds. `resolveEnqueueOptions` makes it. */
export interface ResolvedEnqueue {
  readonly queue: string | undefined;
  /** Epoch milliseconds; undefined: due at once. */
  readonly notBefore: number | undefined;
  readonly deadlineAt: number | undefined;
  readonly own: OwnPolicy;
  readonly priority: number | undefined;
  /** Undefined: none. */
  readonly headers: Readonly<Record<string, HeaderValue>> | undefined;
  readonly correlationId: string | undefined;
  readonly id: string | undefined;
}
