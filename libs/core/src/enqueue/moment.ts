import type { Envelope } from '../job/envelope.js';
import type { ErrorDescription } from '../kernel/errors/index.js';
import type { JobMoment } from '../observe/moments.js';

/** What observers are told of a message on its way out. Made at every enqueue, so in one piece. */
export function momentOf(envelope: Envelope, at: number, error?: ErrorDescription): JobMoment {
  const { id: jobId, type, queue, attempt, correlationId, notBefore } = envelope;
  return error
    ? { kind: 'enqueueFailed', at, jobId, type, queue, attempt, correlationId, error }
    : { kind: 'enqueued', at, jobId, type, queue, attempt, correlationId, notBefore };
}
