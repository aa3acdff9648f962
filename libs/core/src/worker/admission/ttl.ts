import { formatDuration } from '../../kernel/duration.js';
import { WarrenError, describeError } from '../../kernel/errors/index.js';
import type { Gate } from './types.js';

/** Ends jobs that waited too long, from when they were due, for their first attempt. */
export const ttl: Gate = (envelope, { ttlMs }, now) => {
  if (ttlMs === undefined || envelope.attempt > 1) return undefined;
  const waitedMs = now - Math.max(envelope.enqueuedAt, envelope.notBefore ?? 0);
  if (waitedMs <= ttlMs) return undefined;
  const error = new WarrenError(
    'WARREN_EXPIRED',
    `Waited ${formatDuration(waitedMs)} for its first attempt; its ttl is ${formatDuration(ttlMs)}.`,
  );
  return { kind: 'failed', reason: 'expired', error: describeError(error) };
};
