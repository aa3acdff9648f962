import { mayLead } from '../../job/states.js';
import type { ReopenAnswer, Reopening } from '../../ports/store-records.js';
import { copyOf, moved, waitingState, type Entry } from './entry.js';

/** The message after the known one may be on its way: the new one, and a dead letter that comes back, come after that. */
export const GENERATIONS_AHEAD = 2;

/** Opens a job for a new message; no entry where that is refused. */
export function reopened(
  entry: Entry,
  opening: Reopening,
): { readonly answer: ReopenAnswer; readonly entry?: Entry } {
  const { record } = entry;
  const event = opening.payload ? 'replace' : 'reopen';
  const to = waitingState(opening.dueAt);
  if (!opening.from.includes(record.state) || !mayLead(record.state, event, to)) {
    return { answer: { kind: 'refused', state: record.state } };
  }
  const job = moved(
    record,
    { event, to, at: opening.at },
    {
      generation: record.generation + GENERATIONS_AHEAD,
      dueAt: opening.dueAt,
      reason: undefined,
      result: undefined,
      progress: undefined,
      cancellation: undefined,
      endedAt: undefined,
      ...(opening.attempt !== undefined && { attempt: opening.attempt - 1 }),
      ...(opening.payload && { payload: opening.payload.json, carried: opening.payload.carried }),
    },
  );
  return {
    answer: { kind: 'reopened', job: copyOf(job) },
    entry: { ...entry, record: job, owner: undefined, cancelKeep: undefined },
  };
}
