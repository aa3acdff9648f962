import { travellingPriority } from '../job/priority.js';
import type { DeliveryListener } from './broker.js';
import type { QueueSpec } from './queue-spec.js';

/**
 * For adapters: where a message waits is its priority, whatever it says of itself, so that what becomes of it next waits
 * there too. A queue without priorities leaves messages as they came.
 */
export function atLevel(
  spec: Pick<QueueSpec, 'priorities'> | undefined,
  level: number | undefined,
  listener: DeliveryListener,
): DeliveryListener {
  if (spec?.priorities === undefined) return listener;
  const priority = travellingPriority(level, spec.priorities);
  return {
    onDelivery: (delivery) => {
      const { message } = delivery;
      listener.onDelivery(
        message.priority === priority ? delivery : { ...delivery, message: { ...message, priority } },
      );
    },
    onLost: (incarnation, why) => listener.onLost(incarnation, why),
    onAttached: (incarnation) => listener.onAttached?.(incarnation),
  };
}
