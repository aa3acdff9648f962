import type { AttemptRecord } from './attempt.js';
import { LAST_INSTANT } from './read-header.js';

/** Failed attempts in a message that arrived, from whatever program. Undefined: `value` is no list. */
export function recordsOf(value: unknown): readonly AttemptRecord[] | undefined {
  return Array.isArray(value) ? value.map(recordOf).filter((record) => record !== undefined) : undefined;
}

/** With the known fields only: what else another program put there, however deep, travels no further. */
function recordOf(value: unknown): AttemptRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { number, startedAt, endedAt, worker, error } = value as Record<string, unknown>;
  if (!isWhole(number) || !isWhole(startedAt) || !isWhole(endedAt)) return undefined;
  if (typeof worker !== 'string' || typeof error !== 'object' || error === null) return undefined;
  const { name, message, stack, code } = error as Record<string, unknown>;
  if (typeof name !== 'string' || typeof message !== 'string') return undefined;
  return {
    number,
    startedAt,
    endedAt,
    worker,
    error: {
      name,
      message,
      ...(typeof stack === 'string' && { stack }),
      ...(typeof code === 'string' && { code }),
    },
  };
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= LAST_INSTANT;
}
