import type { CapName, QueueCaps } from '../../../ports/queue-caps.js';

/**
 * Limits of a queue as a policy of its own. RabbitMQ applies one policy to a queue, that of the highest priority; of it
 * and the arguments of the queue the lower counts. So ours stands above the one that would apply otherwise, and says
 * what that one says, too.
 */

/** As the management API has it. */
export interface Policy {
  readonly name: string;
  readonly pattern: string;
  readonly 'apply-to': string;
  readonly priority: number;
  readonly definition: Definition;
}

export type Definition = Readonly<Record<string, unknown>>;

/** Of which queue of a queue. */
export type CapTarget = 'jobs' | 'dead letters';

/** Under which name a policy carries it. */
const KEYS: Readonly<Record<CapName, readonly [CapTarget, string]>> = {
  maxLength: ['jobs', 'max-length'],
  maxBytes: ['jobs', 'max-length-bytes'],
  overflow: ['jobs', 'overflow'],
  messageTtlMs: ['jobs', 'message-ttl'],
  deliveryLimit: ['jobs', 'delivery-limit'],
  deadLetterTtlMs: ['dead letters', 'message-ttl'],
  deadLetterMaxLength: ['dead letters', 'max-length'],
};

const LEAST_PRIORITY = 10;

/** A part of a definition; undefined takes a key away. Empty: nothing changes. */
export function definitionOf(caps: QueueCaps, target: CapTarget): Definition {
  return Object.fromEntries(
    Object.entries(caps).flatMap(([name, value]) => {
      const [of, key] = KEYS[name as CapName];
      return of === target ? [[key, name === 'overflow' && value !== undefined ? 'drop-head' : value]] : [];
    }),
  );
}

/** What a policy of ours sets. */
export function capsIn(definition: Definition, target: CapTarget): QueueCaps {
  const found = Object.entries(KEYS).flatMap(([name, [of, key]]): Array<[string, unknown]> => {
    const value = definition[key];
    if (of !== target) return [];
    if (name === 'overflow') return value === 'drop-head' ? [[name, 'drop-oldest']] : [];
    return typeof value === 'number' ? [[name, value]] : [];
  });
  return Object.fromEntries(found);
}

/** Matches that queue alone. */
export function exactPattern(queueName: string): string {
  return `^${queueName.replace(/[.+]/g, '\\$&')}$`;
}

export type Plan =
  | { readonly kind: 'put'; readonly policy: Policy }
  | { readonly kind: 'delete' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly why: string };

/** Our policy after a change of part of its definition. It is called like the queue. */
export function planFor(
  queue: { readonly name: string; readonly type: 'quorum' | 'classic' },
  policies: readonly Policy[],
  change: Definition,
): Plan {
  const own = ownPolicy(queue.name, policies);
  const namesake = policies.find(({ name }) => name === queue.name);
  if (namesake && !own)
    return refused(`its pattern is '${namesake.pattern}', so somebody else made it`, namesake);
  const others = policies.filter((policy) => policy !== own && appliesToQueues(policy, queue.type));
  const odd = others.find(({ pattern }) => matches(pattern, queue.name) === undefined);
  if (odd) return refused(`whether its pattern '${odd.pattern}' matches cannot be told here`, odd);
  const stranger = others
    .filter(({ pattern }) => matches(pattern, queue.name))
    .reduce<Policy | undefined>(
      (top, each) => (top && top.priority >= each.priority ? top : each),
      undefined,
    );
  const beneath = stranger?.definition ?? {};
  const ours = said({ ...ownDefinition(own, beneath), ...change });
  for (const [key, value] of Object.entries(ours)) {
    const theirs = beneath[key];
    const isLower = typeof value === 'number' && typeof theirs === 'number' && value <= theirs;
    if (stranger && theirs !== undefined && !isLower && theirs !== value) {
      return refused(
        `it says ${key}: ${JSON.stringify(theirs)} for this queue, and is not overruled`,
        stranger,
      );
    }
  }
  if (Object.keys(ours).length === 0) return own ? { kind: 'delete' } : { kind: 'nothing' };
  return {
    kind: 'put',
    policy: {
      name: queue.name,
      pattern: exactPattern(queue.name),
      'apply-to': 'queues',
      priority: Math.max(LEAST_PRIORITY, (stranger?.priority ?? 0) + 1),
      definition: { ...beneath, ...ours },
    },
  };
}

/** Undefined: there is none. */
export function ownPolicy(queueName: string, policies: readonly Policy[]): Policy | undefined {
  return policies.find(({ name, pattern }) => name === queueName && pattern === exactPattern(queueName));
}

/** Without what it took over from the policy beneath it. */
function ownDefinition(own: Policy | undefined, beneath: Definition): Definition {
  const keys = Object.values(KEYS).map(([, key]) => key);
  return Object.fromEntries(
    Object.entries(own?.definition ?? {}).filter(
      ([key, value]) => keys.includes(key) && beneath[key] !== value,
    ),
  );
}

function said(definition: Definition): Definition {
  return Object.fromEntries(Object.entries(definition).filter(([, value]) => value !== undefined));
}

function refused(why: string, { name }: Policy): Plan {
  return {
    kind: 'refused',
    why: `The policy '${name}' stands in the way: ${why}. Change that policy, or let its pattern leave out this queue.`,
  };
}

function appliesToQueues({ 'apply-to': to }: Policy, type: 'quorum' | 'classic'): boolean {
  return to === 'all' || to === 'queues' || to === `${type}_queues`;
}

/** RabbitMQ's patterns are those of PCRE; undefined: this one is not one of JavaScript. */
function matches(pattern: string, queueName: string): boolean | undefined {
  try {
    return new RegExp(pattern).test(queueName);
  } catch {
    return undefined;
  }
}
