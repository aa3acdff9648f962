import type { QueueSpec } from '../../../ports/broker.js';
import type { QueueNeeds } from '../../../ports/finding.js';
import type { TopologyNames } from '../topology/names.js';
import {
  baseObjects,
  queueObjects,
  signalObjects,
  type BindingObject,
  type TopologyObject,
} from '../topology/objects.js';
import type { LookedAt } from './amqp-look.js';

/** Objects that are told of together. */
export interface Group {
  readonly subject: string;
  /** Undefined for exchanges and delays. */
  readonly needs: QueueNeeds | undefined;
  readonly objects: readonly TopologyObject[];
  /** Whether its objects should be there: this process has declared them, or somebody else must have. */
  readonly isDue: boolean;
  /** Jobs run without it. Default false. */
  readonly isOptional?: boolean;
}

export function groupsOf(
  names: TopologyNames,
  queueType: 'quorum' | 'classic',
  needs: readonly QueueNeeds[],
  isDue: (queue: QueueSpec) => boolean,
): readonly Group[] {
  const base = baseObjects(names, queueType);
  const isEntry = ({ kind, name }: { readonly kind: string; readonly name?: string }): boolean =>
    kind === 'exchange' && (name === names.jobsExchange || name === names.deadExchange);
  return [
    { subject: 'exchanges', needs: undefined, objects: base.filter(isEntry), isDue: true },
    {
      subject: 'delays',
      needs: undefined,
      objects: base.filter((object) => !isEntry(object)),
      isDue: true,
    },
    {
      subject: 'signals',
      needs: undefined,
      objects: signalObjects(names),
      isDue: true,
      isOptional: true,
    },
    ...needs.map((queue) => ({
      subject: `queue ${queue.spec.name}`,
      needs: queue,
      objects: queueObjects(queue.spec, names),
      isDue: isDue(queue.spec),
    })),
  ];
}

export function lookedAt({ objects }: Group): LookedAt[] {
  return objects.filter((object) => object.kind !== 'binding');
}

export function bindingsOf({ objects }: Group): BindingObject[] {
  return objects.filter((object) => object.kind === 'binding');
}

/** `a, b and 3 more`. */
export function listed(names: readonly string[], most = 3): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}
