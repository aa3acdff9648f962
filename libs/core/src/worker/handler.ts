import type { JobContext } from '../job/context.js';
import type { JobDefinition, PayloadContract } from '../job/definition.js';
import type { HandlerOptions } from '../options/handler.js';

/** A handler as the worker gets it: whoever makes these (the Nest layer, a test) has compiled the method already. */
export interface HandlerRegistration {
  /** Type, prefix that ends in a colon, or `''`. */
  readonly pattern: string;
  /** For messages: `EmailHandlers.send`. */
  readonly place: string;
  readonly options: HandlerOptions;
  readonly definition: JobDefinition | undefined;
  /** What the payload must satisfy before `run`; `context.payload` holds what came out of it. */
  readonly payload: PayloadContract | undefined;
  /** `run` hands the attempt to a thread: see `IsolatedAttempt`. */
  readonly isIsolated?: boolean;
  /** Its queue is taken from on demand only: see `Worker.ask`. */
  readonly isOnDemand?: boolean;
  /** Runs one attempt. May throw synchronously; the value is the job's result. */
  readonly run: (context: JobContext) => unknown;
}
