import type { PolicyOptions } from '../job/policy.js';

/** Second argument of `@JobHandler`. */
export interface HandlerOptions extends PolicyOptions {
  /**
   * Queue that the handler's jobs wait in. Must be listed under `queues` of the module. Default: the definition's,
   * else the part of the type before the first colon.
   */
  readonly queue?: string;
  /** Name of the connection whose jobs it runs. Default: the unnamed one. */
  readonly connection?: string;
}
