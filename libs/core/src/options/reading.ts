import { FAILURE_REASONS, type FailureReason } from '../job/envelope.js';
import { JOB_STATES, type JobState } from '../job/states.js';
import { toMilliseconds, type Duration } from '../kernel/duration.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import { checkGroup, kindOf, optional, withDefault, type Declares, type OptionGroup } from './describe.js';
import { durationOrFalse, oneOf, queueName, shortText, wholeNumber } from './kinds.js';

/** What may be said when jobs are read. */

/** Of `result` and `enqueueAndWait`. */
export interface ResultOptions {
  /** Longest wait for the end of the job. Default 30 s. `false`: any time. */
  readonly timeout?: Duration | false;
  /** Ends the wait with its reason when it aborts; the job goes on. */
  readonly signal?: AbortSignal;
}

/** Of `find`: a job matches all that is said. */
export interface FindQuery {
  readonly type?: string;
  readonly queue?: string;
  readonly state?: JobState | readonly JobState[];
  readonly tag?: string;
  /** Of failed jobs. */
  readonly reason?: FailureReason;
  /** Enqueued at or after. */
  readonly createdAfter?: Date;
  /** Enqueued before. */
  readonly createdBefore?: Date;
}

/** Which page of what `find` finds. */
export interface FindPage {
  /** Jobs at most, up to 1000. Default 50. */
  readonly limit?: number;
  /** `next` of the page before. Default: the first page. */
  readonly cursor?: string;
}

const LONGEST_PAGE = 1_000;

const instant = kindOf(
  'a valid Date',
  (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  (value) => value as Date,
);

const states = kindOf(
  `a state or a list of states (${JOB_STATES.join(', ')})`,
  (value) =>
    (Array.isArray(value) ? value : [value]).every((state) => JOB_STATES.includes(state as JobState)),
  (value) => (Array.isArray(value) ? value : [value]) as readonly JobState[],
);

const jobTypeOrPrefix = kindOf(
  "a job type, or a prefix that ends in a colon ('email:')",
  (value) => typeof value === 'string' && value !== '',
  (value) => value as string,
);

export const RESULT = {
  timeout: withDefault(durationOrFalse(1), 'Longest wait for the end of the job.', '30s'),
  signal: optional(
    kindOf(
      'an AbortSignal',
      (value) => value instanceof AbortSignal,
      (value) => value as AbortSignal,
    ),
    'Ends the wait with its reason when it aborts; the job goes on.',
    'none',
  ),
} satisfies Declares<ResultOptions>;

export const FIND = {
  type: optional(jobTypeOrPrefix, 'Exact, or a prefix that ends in a colon.', 'any'),
  queue: optional(queueName, 'Queue that the job waits or waited in.', 'any'),
  state: optional(states, 'One of these.', 'any'),
  tag: optional(shortText, 'One of the tags given at enqueue.', 'any'),
  reason: optional(oneOf(...FAILURE_REASONS), 'Why a failed job failed.', 'any'),
  createdAfter: optional(instant, 'Enqueued at or after.', 'any time'),
  createdBefore: optional(instant, 'Enqueued before.', 'any time'),
} satisfies Declares<FindQuery>;

export const PAGE = {
  limit: withDefault(wholeNumber(1, LONGEST_PAGE), 'Jobs at most.', 50),
  cursor: optional(shortTextOf(4_096), '`next` of the page before.', 'the first page'),
} satisfies Declares<FindPage>;

function shortTextOf(characters: number) {
  return kindOf(
    'the text that the page before gave as `next`',
    (value) => typeof value === 'string' && value !== '' && value.length <= characters,
    (value) => value as string,
  );
}

/** Of `cancel`. */
export interface CancelOptions {
  /** For those who look at the job, and for its handler. At most 255 bytes. */
  readonly reason?: string;
  /** Who asks for it. At most 255 bytes. */
  readonly by?: string;
}

export const CANCEL = {
  reason: optional(shortText, 'Why; for those who look at the job, and for its handler.', 'none'),
  by: optional(shortText, 'Who asks for it.', 'nobody'),
} satisfies Declares<CancelOptions>;

/** @throws ConfigurationError listing every problem. */
export function requireSound(members: OptionGroup, said: unknown, place: string): void {
  const problems = checkGroup(members, said).map((problem) => `${place}: option ${problem}`);
  if (problems.length > 0) throw new ConfigurationError(problems);
}

/** Of options without problems. Undefined: any time. */
export function waitOf({ timeout }: ResultOptions): number | undefined {
  return timeout === undefined
    ? RESULT.timeout.resolve(undefined)
    : timeout === false
      ? undefined
      : toMilliseconds(timeout);
}
