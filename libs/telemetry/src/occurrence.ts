import type { EnqueueContext } from 'nestjs-warren';

/** A job that a schedule makes, as its enqueue shows it. */
export interface Occurrence {
  readonly schedule: string;
  /** Its instant, in epoch milliseconds. */
  readonly at: number;
}

/**
 * Undefined: the job is of no occurrence. Those that are have the headers `schedule` and `occurrence` and an id made of
 * both, so that a header of the application that is called so means nothing.
 */
export function occurrenceOf({
  id,
  headers,
}: Pick<EnqueueContext, 'id' | 'headers'>): Occurrence | undefined {
  const { schedule, occurrence } = headers;
  if (typeof schedule !== 'string' || typeof occurrence !== 'string') return undefined;
  if (id !== `${schedule}@${occurrence}`) return undefined;
  const at = Date.parse(occurrence);
  return Number.isNaN(at) ? undefined : { schedule, at };
}
