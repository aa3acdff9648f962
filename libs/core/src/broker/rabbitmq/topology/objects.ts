import type { QueueSpec } from '../../../ports/broker.js';
import { duePattern, levelPattern, LEVELS, waitingRoomTarget } from './delay-levels.js';
import type { TopologyNames } from './names.js';
import {
  deadQueueArguments,
  delayQueueArguments,
  jobQueueArguments,
  refusesWhenFull,
  unroutableQueueArguments,
  waitingRoomArguments,
  type QueueArguments,
} from './queues.js';
import { targetsOf } from './targets.js';

/** Everything that an application has at the broker, as values: what declares and what checks read the same list. */

export interface ExchangeObject {
  readonly kind: 'exchange';
  readonly name: string;
  readonly type: 'direct' | 'topic' | 'fanout';
  readonly alternateExchange?: string;
}

/** What a queue is for, which decides what a policy may do to it. */
export type QueueRole = 'jobs' | 'dead letters' | 'delay level' | 'waiting room' | 'unroutable';

export interface QueueObject {
  readonly kind: 'queue';
  readonly name: string;
  readonly role: QueueRole;
  readonly arguments: QueueArguments;
}

export interface BindingObject {
  readonly kind: 'binding';
  /** Exchange. */
  readonly source: string;
  readonly to: 'queue' | 'exchange';
  readonly destination: string;
  readonly pattern: string;
}

export type TopologyObject = ExchangeObject | QueueObject | BindingObject;

const exchange = (
  name: string,
  type: ExchangeObject['type'],
  alternateExchange?: string,
): ExchangeObject => ({
  kind: 'exchange',
  name,
  type,
  ...(alternateExchange !== undefined && { alternateExchange }),
});

const queue = (name: string, role: QueueRole, queueArguments: QueueArguments): QueueObject => ({
  kind: 'queue',
  name,
  role,
  arguments: queueArguments,
});

const binding = (
  source: string,
  pattern: string,
  destination: string,
  to: BindingObject['to'] = 'queue',
): BindingObject => ({ kind: 'binding', source, to, destination, pattern });

/** Exchanges and the delay ladder, in the order in which they can be declared. */
export function baseObjects(names: TopologyNames, type: 'quorum' | 'classic'): readonly TopologyObject[] {
  const { unroutable, dueExchange } = names;
  return [
    exchange(names.jobsExchange, 'direct'),
    exchange(names.deadExchange, 'direct'),
    // The end of all delays. Its alternate exchange takes what has no target queue any more: without one, such a
    // message would stay at the head of its level for ever and hold up every delay behind it.
    exchange(unroutable, 'fanout'),
    queue(unroutable, 'unroutable', unroutableQueueArguments(type)),
    binding(unroutable, '', unroutable),
    exchange(dueExchange, 'topic', unroutable),
    ...Array.from({ length: LEVELS }, (_, level) => levelObjects(level, names, type)).flat(),
  ];
}

/**
 * Where processes tell each other of events and instructions. Apart from the base: jobs need none of it, so that what
 * the broker says against it stops no job. Each process that listens adds a queue of its own, which ends with its
 * connection.
 */
export function signalObjects(names: TopologyNames): readonly ExchangeObject[] {
  return [
    exchange(names.signalExchange('events'), 'topic'),
    exchange(names.signalExchange('control'), 'fanout'),
  ];
}

/** A queue, its dead-letter queue and their bindings, in the order in which they can be declared. */
export function queueObjects(spec: QueueSpec, names: TopologyNames): readonly TopologyObject[] {
  const dead = names.deadQueue(spec.name);
  return [
    queue(dead, 'dead letters', deadQueueArguments(spec)),
    binding(names.deadExchange, spec.name, dead),
    ...targetsOf(spec).flatMap((target) => targetObjects(target, spec, names)),
  ];
}

/** The queue, or one level of it. */
function targetObjects(target: string, spec: QueueSpec, names: TopologyNames): readonly TopologyObject[] {
  const jobs = names.queue(target);
  const objects = [
    queue(jobs, 'jobs', jobQueueArguments(spec, names)),
    binding(names.jobsExchange, target, jobs),
    binding(names.dueExchange, duePattern(target), jobs),
  ];
  if (!refusesWhenFull(spec)) return objects;
  // A full queue refuses what the ladder hands over, and the level below the refusal would wait for room with all
  // delays of the application behind it. So delays for a queue with a limit end in a queue that waits for it alone.
  const room = names.waitingRoom(target);
  return [
    ...objects,
    queue(room, 'waiting room', waitingRoomArguments(target, names)),
    binding(names.dueExchange, duePattern(waitingRoomTarget(target)), room),
  ];
}

function levelObjects(
  level: number,
  names: TopologyNames,
  type: 'quorum' | 'classic',
): readonly TopologyObject[] {
  const name = names.delayLevel(level);
  const next = level === 0 ? names.dueExchange : names.delayLevel(level - 1);
  return [
    exchange(name, 'topic'),
    queue(name, 'delay level', delayQueueArguments(level, type, next)),
    binding(name, levelPattern(level, 1), name),
    binding(name, levelPattern(level, 0), next, 'exchange'),
  ];
}
