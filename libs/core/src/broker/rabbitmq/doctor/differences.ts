import type { Known } from './management-api.js';
import type { QueueFacts } from './management-facts.js';
import type { Difference, LookedAt, ObjectState } from './amqp-look.js';
import type { QueueObject } from '../topology/objects.js';

/**
 * In what arguments a queue differs. AMQP tells the first alone, and of what may be declared; the management API tells
 * all.
 */

type Queues = Known<ReadonlyMap<string, QueueFacts>>;

/** Empty: none, or nothing to compare with. */
export function differencesOf(object: LookedAt, state: ObjectState, queues: Queues): readonly Difference[] {
  const told = state.kind === 'different' ? [state.difference] : [];
  if (object.kind === 'exchange' || (told.length === 0 && state.kind !== 'uncompared')) return told;
  const facts = queues.isKnown ? queues.value.get(object.name) : undefined;
  if (!facts) return told;
  const all = allDifferences(object, facts.arguments);
  return all.length > 0 ? all : told;
}

/** Whether that is known in which they differ. */
export function isCompared(object: LookedAt, state: ObjectState, queues: Queues): boolean {
  if (state.kind !== 'uncompared') return true;
  return object.kind === 'queue' && queues.isKnown && queues.value.has(object.name);
}

/**
 * Of a queue that somebody else made: where its arguments leave something unsaid, a policy may say it. Of that, what is
 * said of dead letters counts like an argument; the rest is told of with the policies.
 */
export function givenDifferences(
  queue: QueueObject,
  state: ObjectState,
  queues: Queues,
): readonly Difference[] {
  const facts = queues.isKnown ? queues.value.get(queue.name) : undefined;
  if (!facts) return differencesOf(queue, state, queues);
  const byPolicy = Object.entries(facts.definition ?? {}).flatMap(([name, value]) => {
    const argument = `x-${name}`;
    if (facts.arguments[argument] !== undefined) return [];
    return [[argument, name.startsWith('dead-letter-') ? value : queue.arguments[argument]] as const];
  });
  return allDifferences(queue, { ...facts.arguments, ...Object.fromEntries(byPolicy) });
}

function allDifferences(
  { arguments: wanted }: QueueObject,
  existing: Readonly<Record<string, unknown>>,
): Difference[] {
  return Object.keys({ ...wanted, ...existing })
    .filter((name) => wanted[name] !== existing[name])
    .map((argument) => ({ argument, wanted: shown(wanted[argument]), existing: shown(existing[argument]) }));
}

const NONE = 'none';

/** What was shown, as a value; undefined: none. */
export function valueOf(text: string): string | number | undefined {
  if (text === NONE) return undefined;
  return /^\d+$/.test(text) ? Number(text) : text;
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : NONE;
}
