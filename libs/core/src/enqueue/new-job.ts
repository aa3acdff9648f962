import type { Envelope } from '../job/envelope.js';
import type { EncodedPayload } from '../job/message.js';
import type { ErrorDescription } from '../kernel/errors/index.js';
import { keepOf, type Policy } from '../job/policy.js';
import type { EnqueueFailure, NewJob } from '../ports/store-records.js';
import { carriedText } from './carried.js';

/** What the job store is told of a job on its way out. */

export function newJobOf(
  envelope: Envelope,
  body: EncodedPayload,
  policy: Policy,
  tags: readonly string[],
  maxBytes: number,
): NewJob {
  const { id, type, queue, generation, enqueuedAt, notBefore, own, priority, uniqueKey } = envelope;
  const { correlationId, parentId, rootId } = envelope;
  return {
    id,
    type,
    queue,
    generation,
    createdAt: enqueuedAt,
    dueAt: notBefore,
    maxAttempts: own.maxAttempts ?? policy.attempts,
    priority,
    uniqueKey,
    correlationId,
    parentId,
    rootId,
    tags,
    payload: rememberedPayload(body, maxBytes),
    carried: carriedText(envelope),
  };
}

export function failureOf(
  { id, generation }: Envelope,
  at: number,
  error: ErrorDescription,
  policy: Policy,
): EnqueueFailure {
  return { id, generation, at, error, keep: keepOf(policy, 'enqueue_failed') };
}

/** The codec writes JSON. Undefined: it is too large to be remembered. */
export function rememberedPayload({ bytes }: EncodedPayload, maxBytes: number): string | undefined {
  if (bytes.byteLength > maxBytes) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
