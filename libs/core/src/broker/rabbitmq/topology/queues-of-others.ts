import type { ChannelModel } from 'amqplib';
import { WarrenError } from '../../../kernel/errors/index.js';
import type { QueueSpec } from '../../../ports/broker.js';
import { isMissing } from '../amqp-errors.js';
import { onOwnChannel } from '../channel.js';
import type { QueueObject, TopologyObject } from './objects.js';

/**
 * Queues with `declare: false`: somebody else makes them and their dead letters. The exchanges stay Warren's, and so do
 * the bindings to them, which nobody would write by hand, and the waiting room, which takes no option.
 */

/** Those that Warren must not make. */
export function queuesOfOthers(
  objects: readonly TopologyObject[],
  spec: Pick<QueueSpec, 'declare'> | undefined,
): readonly QueueObject[] {
  if (spec?.declare !== false) return [];
  return objects.filter(
    (object): object is QueueObject =>
      object.kind === 'queue' && (object.role === 'jobs' || object.role === 'dead letters'),
  );
}

/** @throws WarrenError WARREN_TOPOLOGY_MISMATCH naming the first that is missing; what the broker says otherwise. */
export async function requireMade(
  model: ChannelModel,
  queues: readonly QueueObject[],
  spec: QueueSpec,
): Promise<void> {
  let looking: QueueObject | undefined;
  try {
    await onOwnChannel(model, async (channel) => {
      for (looking of queues) await channel.checkQueue(looking.name);
    });
  } catch (error) {
    throw isMissing(error) && looking ? missing(looking, spec, error) : error;
  }
}

function missing({ name, role, arguments: wanted }: QueueObject, spec: QueueSpec, cause: unknown) {
  const what = role === 'jobs' ? 'the queue' : 'the queue of its dead letters';
  return new WarrenError(
    'WARREN_TOPOLOGY_MISMATCH',
    `Queue '${spec.name}': ${what}, '${name}', is missing at the broker, and its option \`declare: false\` leaves it to somebody else. Make it, durable, with the arguments ${JSON.stringify(wanted)}; or remove \`declare: false\`, and Warren makes it.`,
    { cause, details: { queue: spec.name, kind: 'queue', name, isMissing: true } },
  );
}
