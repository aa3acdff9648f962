import type { RecordedOutcome, Claim, Keep, NewJob } from '../../ports/store-records.js';
import { mayLead, type JobEvent, type JobState } from '../../job/states.js';
import { WarrenError } from '../../kernel/errors/index.js';
import type { JobRecord } from '../../ports/job-record.js';

/** What the store knows of a job: its record, which readers get as it is, and who may write it. */
export interface Entry {
  /** Replaced as a whole by each change. */
  readonly record: JobRecord;
  /** Which message owns the job; undefined: the one of its generation has not been claimed. */
  readonly owner: Owner | undefined;
  /** How often a message of the job was given to a handler. */
  readonly run: number;
  /** Somebody asked for its cancellation while a run went on: how long to remember it then. */
  readonly cancelKeep: Keep | undefined;
  /** Its claim came before `enqueued`: that may still bring what no claim says. */
  readonly isPartial: boolean;
}

export interface Owner {
  readonly token: string | undefined;
  /** The end of the message's last run; undefined: it goes on, or is to be run again. */
  readonly outcome: RecordedOutcome | undefined;
}

/** What a step changes beside the state. */
type RecordChanges = Partial<Omit<JobRecord, 'id' | 'state' | 'changedAt'>>;

/** All fields: a copy of it that others overwrite is made in 1 us, one that gets new fields takes 30 times as long. */
const BLANK: JobRecord = {
  id: '',
  type: '',
  queue: '',
  state: 'queued',
  reason: undefined,
  generation: 1,
  payload: undefined,
  carried: undefined,
  result: undefined,
  error: undefined,
  progress: undefined,
  createdAt: 0,
  dueAt: undefined,
  startedAt: undefined,
  endedAt: undefined,
  changedAt: 0,
  attempt: 0,
  maxAttempts: undefined,
  worker: undefined,
  timeoutMs: undefined,
  priority: undefined,
  uniqueKey: undefined,
  correlationId: undefined,
  parentId: undefined,
  rootId: undefined,
  tags: [],
  attempts: [],
  lines: [],
  cancellation: undefined,
};

const UNCLAIMED = { owner: undefined, run: 0, cancelKeep: undefined } satisfies Partial<Entry>;

/** A job about to be published. */
export function enqueuedEntry(job: NewJob): Entry {
  const record: JobRecord = {
    ...BLANK,
    ...job,
    tags: [...job.tags],
    state: waitingState(job.dueAt),
    changedAt: job.createdAt,
  };
  return { ...UNCLAIMED, record, isPartial: false };
}

/** A job that the store hears of by a message of it. The caller claims it next. */
export function foundEntry(claim: Claim): Entry {
  const { id, type, queue, generation, createdAt, maxAttempts } = claim;
  const known = { id, type, queue, generation, createdAt, maxAttempts };
  const record: JobRecord = { ...BLANK, ...known, changedAt: claim.at };
  return { ...UNCLAIMED, record, isPartial: true };
}

export function waitingState(dueAt: number | undefined): 'queued' | 'scheduled' {
  return dueAt === undefined ? 'queued' : 'scheduled';
}

/**
 * The only way from state to state.
 * @throws WarrenError WARREN_BUG for a step that is not in the table.
 */
export function moved(
  record: JobRecord,
  { event, to, at }: { readonly event: JobEvent; readonly to: JobState; readonly at: number },
  changes: RecordChanges = {},
): JobRecord {
  if (!mayLead(record.state, event, to)) {
    throw new WarrenError(
      'WARREN_BUG',
      `The job store was about to move job ${record.id} from ${record.state} to ${to} by '${event}', which is not in the table of states. Please report it.`,
    );
  }
  return { ...record, ...changes, state: to, changedAt: at };
}

/** For readers: what they change stays theirs. */
export function copyOf(record: JobRecord): JobRecord {
  const { error, cancellation, tags, attempts, lines } = record;
  return {
    ...record,
    error: error && { ...error },
    cancellation: cancellation && { ...cancellation },
    tags: [...tags],
    attempts: attempts.map((attempt) => ({
      ...attempt,
      ...(attempt.error && { error: { ...attempt.error } }),
    })),
    lines: lines.map((line) => ({ ...line })),
  };
}
