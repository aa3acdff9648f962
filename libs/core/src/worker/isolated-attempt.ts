import type { Envelope } from '../job/envelope.js';
import type { WarrenError } from '../kernel/errors/index.js';
import type { AttemptControls, ContextDelivery, ContextPolicy } from './job-context.js';

/** What a context is made of, as values that can be copied to another thread. */
export interface AttemptFacts {
  /** Without its history, which handlers do not see. */
  readonly envelope: Envelope;
  readonly policy: ContextPolicy;
  readonly delivery: ContextDelivery;
  /** As decoded: the thread checks it and makes an instance of it. */
  readonly payload: unknown;
}

/** An attempt, seen from where its handler runs when that is another thread. */
export interface IsolatedAttempt extends AttemptControls {
  readonly facts: AttemptFacts;
  /** The handler begins: until now it waited for a thread, which does not count towards its timeout. */
  begin(): void;
  /** Makes `error`, when it is thrown next, the refusal of a payload that does not satisfy its contract. */
  refusePayload(error: WarrenError): void;
  /** Calls `stop` when the attempt ends without its handler, which must not go on. */
  onAbandoned(stop: () => void): void;
}
