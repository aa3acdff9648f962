import type { JobDefinition } from '../job/definition.js';
import type { LimitOptions } from '../job/limits.js';
import type { PolicyOptions } from '../job/policy.js';
import { checkGroup, optional, withDefault, type Declares } from './describe.js';
import { nameUpTo, oneOf, queueName } from './kinds.js';
import { LIMITS } from './limits.js';
import { POLICY_LAYER } from './policy.js';
import { unique as uniqueKind } from './unique.js';

/** Second argument of `@JobHandler`. */
export interface HandlerOptions extends PolicyOptions, LimitOptions {
  /**
   * Queue that the handler's jobs wait in. Must be listed under `queues` of the module. Default: the definition's,
   * else the part of the type before the first colon.
   */
  readonly queue?: string;
  /** Name of the connection whose jobs it runs. Default: the unnamed one. */
  readonly connection?: string;
  /**
   * `thread`: its attempts run in a worker thread, so that work for the CPU does not hold up everything else of the
   * process; at its timeout the thread is ended. Needs the package piscina. Default `none`: in the main thread.
   */
  readonly isolation?: 'none' | 'thread';
}

const HANDLER_ALONE = {
  queue: optional(
    queueName,
    "Queue that the handler's jobs wait in; listed under `queues` of the module.",
    'by definition, else by type',
  ),
  connection: optional(nameUpTo(60), 'Name of the connection whose jobs it runs.', 'the unnamed one'),
  isolation: withDefault(
    oneOf('none', 'thread'),
    '`thread`: its attempts run in a worker thread, which is ended when it ignores the timeout.',
    'none',
  ),
} satisfies Declares<Omit<HandlerOptions, keyof PolicyOptions | keyof LimitOptions>>;

export const HANDLER = { ...HANDLER_ALONE, ...LIMITS, ...POLICY_LAYER };

/** What is wrong with the options of one `@JobHandler`; `place` is its class and method. Empty: nothing. */
export function checkHandlerOptions(options: HandlerOptions, place: string): string[] {
  return checkGroup(HANDLER, options).map((problem) => `${place}: @JobHandler option ${problem}`);
}

/** What is wrong with policy, limits and `unique` that the definition of a handler carries. Empty: nothing. */
export function checkDefinitionPolicy(definition: JobDefinition, place: string): string[] {
  const { type, policy, unique, limits } = definition;
  const problems = [...checkGroup(POLICY_LAYER, policy), ...(limits ? checkGroup(LIMITS, limits) : [])];
  if (unique !== undefined) problems.push(...uniqueKind.problems(unique, 'unique'));
  return problems.map((problem) => `${place}: defineJob('${type}') option ${problem}`);
}
