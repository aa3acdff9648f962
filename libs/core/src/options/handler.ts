import type { JobDefinition } from '../job/definition.js';
import type { PolicyOptions } from '../job/policy.js';
import { checkGroup, optional, withDefault, type Declares } from './describe.js';
import { nameUpTo, oneOf, queueName } from './kinds.js';
import { POLICY_LAYER } from './policy.js';
import { unique as uniqueKind } from './unique.js';

/** Second argument of `@JobHandler`. */
export interface HandlerOptions extends PolicyOptions {
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
} satisfies Declares<Omit<HandlerOptions, keyof PolicyOptions>>;

export const HANDLER = { ...HANDLER_ALONE, ...POLICY_LAYER };

/** What is wrong with the options of one `@JobHandler`; `place` is its class and method. Empty: nothing. */
export function checkHandlerOptions(options: HandlerOptions, place: string): string[] {
  return checkGroup(HANDLER, options).map((problem) => `${place}: @JobHandler option ${problem}`);
}

/** What is wrong with the policy that the definition of a handler carries, and with its `unique`. Empty: nothing. */
export function checkDefinitionPolicy({ type, policy, unique }: JobDefinition, place: string): string[] {
  const problems = checkGroup(POLICY_LAYER, policy);
  if (unique !== undefined) problems.push(...uniqueKind.problems(unique, 'unique'));
  return problems.map((problem) => `${place}: defineJob('${type}') option ${problem}`);
}
