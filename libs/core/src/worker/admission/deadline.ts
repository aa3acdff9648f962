import { WarrenError, describeError } from '../../kernel/errors/index.js';
import type { Gate } from './types.js';

/** No attempt starts after the deadline: the job's own, else the handler's counted from the enqueue. */
export const deadline: Gate = (envelope, policy, now) => {
  const deadlineAt = deadlineOf(envelope, policy);
  if (deadlineAt === undefined || now <= deadlineAt) return undefined;
  const error = new WarrenError(
    'WARREN_EXPIRED',
    `The deadline ${new Date(deadlineAt).toISOString()} has passed.`,
  );
  return { kind: 'failed', reason: 'expired', error: describeError(error) };
};

export function deadlineOf(
  envelope: Parameters<Gate>[0],
  policy: Pick<Parameters<Gate>[1], 'deadlineMs'>,
): number | undefined {
  if (envelope.deadlineAt !== undefined) return envelope.deadlineAt;
  return policy.deadlineMs === undefined ? undefined : envelope.enqueuedAt + policy.deadlineMs;
}
