import { levelsDown } from '../job/priority.js';
import type { WorkerSettings } from '../options/settings.js';
import type { ProcessParts } from './process.js';
import { QueueConsumer, type Tuning } from './queue-consumer.js';
import { HandlerCaps, Lane, LaneGroup, SlotShare, type LaneOwner } from './sharing/index.js';

/** Of two levels with work, the upper starts so many jobs for one of the next below, by the policy `weighted`. */
const STEP = 3;

export interface ConsumerNeeds {
  readonly settings: WorkerSettings;
  readonly parts: ProcessParts;
  readonly tuningOf: (queue: string) => Tuning;
  /** A consumer that changed by itself could not do so. */
  readonly failed: (queue: string, error: unknown) => void;
}

/** Whether its deliveries wait for slots that others want too, so that its prefetch is not what it may run. */
export function sharesSlots(
  queue: string,
  { weights, handlerLimits }: Pick<WorkerSettings, 'weights' | 'handlerLimits'>,
  { settings }: Pick<ProcessParts, 'settings'>,
): boolean {
  return Boolean(weights ?? handlerLimits) || settings.queues.settingsOf(queue).spec.priorities !== undefined;
}

/**
 * The consumers of a worker: one for each queue, and as many as it has levels for one with priorities. Slots are shared by
 * all queues where one has a weight, else by the levels of each. A queue that shares them with nobody waits for none:
 * its prefetch is its slots.
 */
export function createConsumers(queues: readonly string[], needs: ConsumerNeeds): readonly QueueConsumer[] {
  const { settings, parts, tuningOf, failed } = needs;
  const { weights, handlerLimits } = settings;
  const { clock, routes } = parts;
  const shared = weights && new SlotShare(weights.slots, clock);
  const caps = handlerLimits && new HandlerCaps(handlerLimits, (type) => routes.find(type)?.pattern);
  if (shared) caps?.whenRoom(() => shared.look());
  return queues.flatMap((queue) => {
    const tuning = tuningOf(queue);
    const { spec, priorityPolicy } = parts.settings.queues.settingsOf(queue);
    const { priorities } = spec;
    if (!sharesSlots(queue, settings, parts)) return [new QueueConsumer(queue, tuning, parts)];
    const share = shared ?? new SlotShare(tuning.concurrency, clock);
    if (!shared) caps?.whenRoom(() => share.look());
    const group = new LaneGroup(weights?.of(queue) ?? 1, priorityPolicy, tuning.concurrency, share, !shared);
    share.add(group);
    const levels = priorities === undefined ? [undefined] : levelsDown(priorities);
    return levels.map((priority) => {
      const openLane = <Entry>(owner: LaneOwner<Entry>): Lane<Entry> => {
        const level = priority ?? 0;
        const lane = new Lane<Entry>(level, STEP ** level, group, share, owner, clock);
        group.lanes.push(lane);
        return lane;
      };
      return new QueueConsumer(queue, tuning, parts, {
        priority,
        openLane,
        caps,
        failed: (error) => failed(queue, error),
      });
    });
  });
}
