import { patternsFor, queueOfType } from '../job/type-name.js';
import type { JobContext } from '../job/context.js';
import type { Limits } from '../job/limits.js';
import type { Policy } from '../job/policy.js';
import { compose } from '../middleware/compose.js';
import type { JobMiddleware } from '../middleware/types.js';
import { limitsOf } from '../options/limits.js';
import type { QueueDirectory } from '../options/settings.js';
import { validatorFor, type PayloadValidator } from '../payload/validator.js';
import type { HandlerRegistration } from './handler.js';

/** A handler with everything that can be decided before a job comes. */
export interface CompiledHandler {
  /** What it is for: a type, a prefix or `''`. */
  readonly pattern: string;
  readonly place: string;
  /** Whose jobs it was written for. */
  readonly queue: string;
  readonly validator: PayloadValidator | undefined;
  /** Policy of its jobs that wait in that queue. */
  readonly policyFor: (queue: string) => Policy;
  /** Over all workers, of all its jobs together; undefined: none. */
  readonly limits: Limits | undefined;
  /** Its attempts run in threads, and wait for one. */
  readonly isIsolated: boolean;
  /** Its queue is taken from on demand only. */
  readonly isOnDemand: boolean;
  /** Middleware, then the method. */
  readonly call: (context: JobContext) => unknown;
}

/** Enough for validation before, and for the grace and the publish of the outcome after, the handler's own time. */
const SETTLING_MS = 5 * 60_000;

/** Type -> handler: exact type, then each shorter prefix, then the catch-all. */
export class Routes {
  private readonly handlers = new Map<string, CompiledHandler>();

  constructor(
    registrations: readonly HandlerRegistration[],
    middleware: readonly JobMiddleware[],
    directory: QueueDirectory,
  ) {
    for (const registration of registrations) {
      this.handlers.set(registration.pattern, compileHandler(registration, middleware, directory));
    }
  }

  /** How long a job of the queue may be held: the longest timeout and the time to settle; undefined: any time. */
  longestHoldMs(queue: string): number | undefined {
    const timeoutMs = this.longestTimeoutMs(queue);
    return timeoutMs === undefined ? undefined : timeoutMs + SETTLING_MS;
  }

  /** The longest timeout of jobs of a queue: of the handlers written for it, else of all; undefined: none. */
  private longestTimeoutMs(queue: string): number | undefined {
    const all = [...this.handlers.values()];
    const own = all.filter((handler) => handler.queue === queue);
    const timeouts = (own.length > 0 ? own : all).map(
      ({ policyFor }) => policyFor(queue).timeoutMs ?? Infinity,
    );
    const longest = Math.max(...timeouts);
    return longest === Infinity ? undefined : longest;
  }

  get all(): readonly CompiledHandler[] {
    return [...this.handlers.values()];
  }

  find(type: string): CompiledHandler | undefined {
    const exact = this.handlers.get(type);
    if (exact) return exact;
    for (const pattern of patternsFor(type)) {
      const handler = this.handlers.get(pattern);
      if (handler) return handler;
    }
    return undefined;
  }
}

/** The queue whose jobs a handler was written for. */
export function queueOfHandler(registration: HandlerRegistration): string {
  return registration.options.queue ?? registration.definition?.queue ?? queueOfType(registration.pattern);
}

function compileHandler(
  registration: HandlerRegistration,
  middleware: readonly JobMiddleware[],
  directory: QueueDirectory,
): CompiledHandler {
  const { payload, place, options, definition, run } = registration;
  const policies = new Map<string, Policy>();
  const wrapped =
    middleware.length === 0
      ? run
      : compose<JobContext, unknown>(middleware, async (context) => await run(context));
  return {
    pattern: registration.pattern,
    limits: limitsOf([options, definition?.limits]),
    place,
    queue: queueOfHandler(registration),
    isIsolated: registration.isIsolated === true,
    isOnDemand: registration.isOnDemand === true,
    validator: payload ? validatorFor(payload, place) : undefined,
    policyFor(queue) {
      let policy = policies.get(queue);
      if (!policy) policies.set(queue, (policy = directory.policyOf(queue, options, definition?.policy)));
      return policy;
    },
    call: wrapped,
  };
}
