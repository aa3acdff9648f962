import { formatDuration } from '../../../kernel/duration.js';
import type { QueueObject, QueueRole } from '../topology/objects.js';

/**
 * What a policy does to a queue that is declared with arguments. Of lengths, times and the delivery limit the lower
 * of both counts. `overflow` of the policy wins in a quorum queue, which takes at-least-once dead-lettering away; in
 * a classic queue that of the argument does. Dead-letter settings of the arguments always win. (RabbitMQ
 * documentation, "Policies"; measured on 3.10, 4.0 and 4.3.)
 */
export interface PolicyEffect {
  readonly level: 'warn' | 'fail';
  readonly text: string;
}

type Definition = Readonly<Record<string, unknown>>;

export function policyEffects(queue: QueueObject, definition: Definition): readonly PolicyEffect[] {
  return [
    expires(definition),
    overflow(queue, definition),
    deliveryLimit(queue, definition),
    messageTtl(queue, definition),
    length(queue, definition),
    deadLettering(queue, definition),
  ].filter((effect) => effect !== undefined);
}

const fail = (text: string): PolicyEffect => ({ level: 'fail', text });
const warn = (text: string): PolicyEffect => ({ level: 'warn', text });

function expires({ expires: ms }: Definition): PolicyEffect | undefined {
  return typeof ms === 'number'
    ? fail(
        `expires: the queue is deleted with its messages when nobody has used it for ${formatDuration(ms)}`,
      )
    : undefined;
}

function overflow(
  { role, arguments: own }: QueueObject,
  { overflow: by }: Definition,
): PolicyEffect | undefined {
  if (typeof by !== 'string' || own['x-queue-type'] !== 'quorum') return undefined;
  const wanted = own['x-overflow'] ?? 'drop-head';
  if (by === wanted) return undefined;
  if (wanted !== 'drop-head') {
    return fail(
      `overflow is ${by} instead of ${wanted}: dead-lettering is at most once, and a full queue drops its oldest messages`,
    );
  }
  return warn(`overflow is ${by}: when ${nameOf(role)} are full, no more can be put there`);
}

function deliveryLimit(
  { role, arguments: own }: QueueObject,
  { 'delivery-limit': by }: Definition,
): PolicyEffect | undefined {
  const wanted = own['x-delivery-limit'];
  // Below 0 it takes the limit of the policy away; that of the argument stays.
  if (typeof by !== 'number' || typeof wanted !== 'number' || by < 0 || by >= wanted) return undefined;
  return role === 'jobs'
    ? warn(`the delivery limit is ${by} instead of ${wanted}: jobs count as poison after so many crashes`)
    : fail(`the delivery limit is ${by}: messages that are looked at more often are dropped`);
}

function messageTtl(
  { role, arguments: own }: QueueObject,
  { 'message-ttl': by }: Definition,
): PolicyEffect | undefined {
  const wanted = own['x-message-ttl'] ?? Infinity;
  if (typeof by !== 'number' || typeof wanted !== 'number' || by >= wanted) return undefined;
  const instead = wanted === Infinity ? '' : ` instead of ${formatDuration(wanted)}`;
  const time = `message-ttl is ${formatDuration(by)}${instead}`;
  switch (role) {
    case 'delay level':
      return fail(`${time}: delayed jobs run too early`);
    case 'unroutable':
      return fail(`${time}: jobs there are dropped after it`);
    case 'jobs':
      return warn(`${time}: jobs that wait longer go to the dead letters`);
    case 'dead letters':
    case 'waiting room':
      return warn(`${time}: ${nameOf(role)} are dropped after it`);
  }
}

function length({ role, arguments: own }: QueueObject, definition: Definition): PolicyEffect | undefined {
  const { 'max-length': count, 'max-length-bytes': bytes } = definition;
  const wanted = own['x-max-length'];
  const isLower = typeof count === 'number' && (typeof wanted !== 'number' || count < wanted);
  if (!isLower && typeof bytes !== 'number') return undefined;
  const limit = isLower ? `max-length is ${count}` : `max-length-bytes is ${String(bytes)}`;
  switch (role) {
    case 'jobs':
      if (overflowOf(own, definition) === 'drop-head') {
        return warn(`${limit}: above it the oldest jobs go to the dead letters`);
      }
      // The delays of a queue without maxLength have no waiting room of their own.
      return typeof wanted === 'number'
        ? warn(`${limit}: enqueue throws WARREN_QUEUE_FULL above it`)
        : fail(
            `${limit}, and Warren does not know of it: while the queue is full, delayed jobs of all queues wait behind it. Set maxLength of the queue in the options`,
          );
    case 'delay level':
    case 'waiting room':
      return fail(`${limit}: when it is reached, delayed jobs are refused or held up`);
    case 'dead letters':
    case 'unroutable':
      return warn(`${limit}: above it the oldest are dropped`);
  }
}

/** Which one counts: see above. */
function overflowOf(own: QueueObject['arguments'], { overflow: by }: Definition): unknown {
  return own['x-queue-type'] === 'quorum' && by !== undefined ? by : own['x-overflow'];
}

function deadLettering(
  { role, arguments: own }: QueueObject,
  { 'dead-letter-exchange': by }: Definition,
): PolicyEffect | undefined {
  if (typeof by !== 'string' || own['x-dead-letter-exchange'] !== undefined) return undefined;
  return warn(`dead-letter-exchange is ${by}: what is dropped from ${nameOf(role)} goes there`);
}

function nameOf(role: QueueRole): string {
  return role === 'dead letters' ? 'the dead letters' : 'its messages';
}
