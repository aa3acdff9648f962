import type { JobContext } from 'nestjs-warren';

/** Whether the span of an attempt belongs into the trace in which its job was enqueued, or begins one of its own. */

type Facts = Pick<JobContext, 'id' | 'attempt' | 'enqueuedAt' | 'scheduledFor' | 'headers'>;

/**
 * A child: the job was due at once, and is young. An attempt that waits on purpose (a delay, a snooze) or belongs to a
 * schedule begins a trace of its own, as does one of an old job: a trace that goes on for days is shown by no viewer.
 * The retries of a young job stay with it, so that one trace tells all its attempts.
 */
export function isChild(
  { id, attempt, enqueuedAt, scheduledFor, headers }: Facts,
  linkAfterMs: number,
  now: number,
): boolean {
  const waitsOnPurpose = attempt === 1 && scheduledFor !== undefined;
  const isScheduled = typeof headers['schedule'] === 'string' && id.startsWith(`${headers['schedule']}@`);
  if (waitsOnPurpose || isScheduled) return false;
  // A dead letter that was requeued counts as enqueued anew, but keeps its id.
  const bornAt = Math.min(enqueuedAt.getTime(), bornAtOf(id) ?? Infinity);
  return now - bornAt < linkAfterMs;
}

const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** When an id of Warren's own making was made, in epoch milliseconds. */
function bornAtOf(id: string): number | undefined {
  const [, high, low] = UUID_V7.exec(id) ?? [];
  return high === undefined ? undefined : Number.parseInt(`${high}${low}`, 16);
}
