import { readMessage } from '../job/wire.js';
import { processDelivery, type ProcessParts, type Slot } from './process.js';
import { giveBackUnstarted, settleAside } from './settle.js';

/**
 * A job that got no slot here goes to the end of its line, as it is, where another worker may take it. Not given back:
 * before RabbitMQ 4.3 that counts as a failed delivery, and a job that waits behind others for long would become poison.
 * Resolves when its delivery is settled.
 */
export async function putBack(slot: Slot, delayMs: number, parts: ProcessParts): Promise<void> {
  const { delivery } = slot;
  const { broker, clock, ids, logger } = parts;
  if (delivery.settlement.isLost) return;
  const read = readMessage(delivery.message, delivery.queue, clock.now(), () => ids.jobId());
  // No job: it needs no slot to be refused.
  if (!read.ok) return processDelivery(slot, parts);
  if (broker.status().state !== 'connected') return giveBackUnstarted(delivery);
  const report = await settleAside({ delivery, slot }, read.envelope, delayMs, parts);
  if (report.kind !== 'settleFailed') return;
  const { type, id } = read.envelope;
  const { name, message } = report.error;
  logger.warn(
    `${type} ${id}: no slot was free for it here, and it could not be put back into its queue; it is given back, and comes again: ${name}: ${message}`,
  );
}
