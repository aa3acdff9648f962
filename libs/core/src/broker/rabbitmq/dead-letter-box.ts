import type { ChannelModel, GetMessage } from 'amqplib';
import { deathOf } from '../../job/wire.js';
import type { Message } from '../../job/message.js';
import type { DeadLetter, DeadLetterVisitor } from '../../ports/broker.js';
import { brokerReasonOf, fromAmqp } from './properties.js';
import { onOwnChannel } from './channel.js';

/**
 * Walks through a dead-letter queue on a channel of its own: takes each message unacked, so that it is not met
 * twice, and gives those that are kept back at the end, all at once and so in their order. It ends after as many as
 * there were at the start: requeued jobs that a full queue drops come back to the end of this one.
 */
export function visitDeadLetterQueue(
  model: ChannelModel,
  queueName: string,
  visit: DeadLetterVisitor,
  requeue: (message: Message) => Promise<void>,
): Promise<void> {
  return onOwnChannel(model, async (channel) => {
    const requeued: Array<Promise<void>> = [];
    const failures: unknown[] = [];
    let left = 1;
    for (let met = 0; met < left; met += 1) {
      const raw = await channel.get(queueName);
      if (raw === false) break;
      if (met === 0) left += raw.fields.messageCount;
      const decision = await visit(read(raw));
      if (decision === 'stop') break;
      if (decision === 'keep') continue;
      if (decision === 'discard') channel.ack(raw);
      else {
        const moved = requeue(decision.requeue).then(() => channel.ack(raw));
        // Caught here: the walk itself may end before anybody waits for it.
        requeued.push(moved.catch((error: unknown) => void failures.push(error)));
      }
    }
    await Promise.all(requeued);
    channel.nackAll(true);
    if (failures.length > 0) throw failures[0];
  });
}

function read(raw: GetMessage): DeadLetter {
  const message = fromAmqp(raw);
  return { message, brokerReason: ownDeath(message) ? undefined : brokerReasonOf(message.headers) };
}

/** What Warren itself wrote; headers of other programs may be anything. */
function ownDeath({ headers }: Message): ReturnType<typeof deathOf> {
  try {
    return deathOf(headers);
  } catch {
    return undefined;
  }
}
