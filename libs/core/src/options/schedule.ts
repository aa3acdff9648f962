import { isJobDefinition, type JobDefinition } from '../job/definition.js';
import { toMilliseconds, type Duration } from '../kernel/duration.js';
import { checkGroup, isRecord, kindOf, optional, withDefault, type Declares, type Kind } from './describe.js';
import { ENQUEUE, type EnqueueOptions } from './enqueue.js';
import { durationBetween, group, oneOf, wholeNumber } from './kinds.js';

/** What makes jobs at instants: options of `jobs.schedules.upsert` and of `@Scheduled`. */

/** When a schedule fires: `cron` or `every`, one of them. */
export interface ScheduleTiming {
  /**
   * Five fields (minute, hour, day of the month, month, weekday), six with seconds before them, or a word such as
   * `@hourly`. As text of 1 to 250 characters. Read in the zone `tz`.
   */
  readonly cron?: string;
  /** Each so many milliseconds, counted from `startAt`, else from 1970-01-01T00:00:00Z. At least 1 s. */
  readonly every?: Duration;
  /** Time zone of `cron`, by its IANA name: `Europe/Paris`. Default `UTC`, whatever the zone of the process. */
  readonly tz?: string;
  /** No occurrence before it. Default: none. */
  readonly startAt?: Date;
  /** No occurrence after it. Default: none. */
  readonly endAt?: Date;
  /** Occurrences that become jobs, at most. Default: any number. */
  readonly limit?: number;
}

/** Enqueue options that each job of a schedule gets. When it runs and which id it has, the schedule says. */
export type ScheduledEnqueueOptions = Pick<
  EnqueueOptions,
  'attempts' | 'backoff' | 'timeout' | 'ttl' | 'priority' | 'headers' | 'correlationId' | 'tags' | 'queue'
>;

export interface ScheduleConduct {
  /** Each job is due up to so much later than its occurrence, at random. Default 0. */
  readonly jitter?: Duration;
  /**
   * What becomes of occurrences that nobody was there to make. `skip`: nothing, when they are more than a minute late.
   * `once`: the newest is made, however late. `all`: each is made, the oldest first, 1,000 at most after one outage.
   * Default `once`.
   */
  readonly missed?: 'skip' | 'once' | 'all';
  /**
   * What becomes of an occurrence while the job of the one before has not ended. `allow`: it is made all the same.
   * `skip`: nothing. `cancel-previous`: that job is cancelled, and this one made. `buffer-one`: it waits for that end,
   * and further ones are skipped while it does. Default `allow`.
   */
  readonly overlap?: 'skip' | 'allow' | 'cancel-previous' | 'buffer-one';
  /** No attempt starts later after the occurrence than this; one that is made later is skipped. Default: none. */
  readonly deadline?: Duration;
  /** Options of each job. Default: none. */
  readonly enqueue?: ScheduledEnqueueOptions;
}

/** A schedule, as `jobs.schedules.upsert` takes it. */
export interface ScheduleOptions extends ScheduleTiming, ScheduleConduct {
  /** What its occurrences enqueue: a job type or a definition. */
  readonly job: JobDefinition | string;
  /** Of each job; any JSON. Default: none. */
  readonly payload?: unknown;
}

/** Of `JobsOptions`. */
export interface SchedulesOptions {
  /** A schedule that is in no process's code any more is removed after this time. At least 1 m. Default 1 d. */
  readonly removeAfter?: Duration;
}

const MOST_CRON_CHARACTERS = 250;
const LEAST_EVERY_MS = 1_000;

const instant = kindOf(
  'a valid Date',
  (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  (value) => (value as Date).getTime(),
);

function text(accepts: string, characters: number): Kind<string> {
  return kindOf(
    accepts,
    (value) => typeof value === 'string' && value !== '' && value.length <= characters,
    (value) => value as string,
    (value) => (typeof value === 'string' ? ` It has ${value.length} characters.` : ''),
  );
}

const SCHEDULED_ENQUEUE = {
  attempts: ENQUEUE.attempts,
  backoff: ENQUEUE.backoff,
  timeout: ENQUEUE.timeout,
  ttl: ENQUEUE.ttl,
  priority: ENQUEUE.priority,
  headers: ENQUEUE.headers,
  correlationId: ENQUEUE.correlationId,
  tags: ENQUEUE.tags,
  queue: ENQUEUE.queue,
} satisfies Declares<ScheduledEnqueueOptions>;

export const SCHEDULE = {
  cron: optional(
    text(`cron text of 1 to ${MOST_CRON_CHARACTERS} characters`, MOST_CRON_CHARACTERS),
    'When: five fields, six with seconds before them, or a word such as `@hourly`. Not together with `every`.',
    'none',
  ),
  every: optional(
    durationBetween(LEAST_EVERY_MS),
    'When: each so much time, counted from `startAt`, else from 1970-01-01T00:00:00Z. Not together with `cron`.',
    'none',
  ),
  tz: optional(
    text("the IANA name of a time zone ('Europe/Paris')", 100),
    'Time zone of `cron`, whatever that of the process is.',
    '"UTC"',
  ),
  startAt: optional(instant, 'No occurrence before it.', 'none'),
  endAt: optional(instant, 'No occurrence after it.', 'none'),
  limit: optional(wholeNumber(1), 'Occurrences that become jobs, at most.', 'any number'),
  jitter: withDefault(
    durationBetween(0),
    'Each job is due up to so much later than its occurrence, at random.',
    0,
  ),
  missed: withDefault(
    oneOf('skip', 'once', 'all'),
    'Occurrences that nobody was there to make. `skip`: not made when more than a minute late. `once`: the newest is made, however late. `all`: each is made, the oldest first, 1,000 at most after one outage.',
    'once',
  ),
  overlap: withDefault(
    oneOf('skip', 'allow', 'cancel-previous', 'buffer-one'),
    'An occurrence while the job of the one before has not ended. `allow`: made all the same. `skip`: not made. `cancel-previous`: that job is cancelled. `buffer-one`: it waits for that end, and further ones are skipped meanwhile.',
    'allow',
  ),
  deadline: optional(
    durationBetween(1),
    'No attempt starts later after the occurrence than this; one that is made later is skipped.',
    'none',
  ),
  enqueue: optional(
    group<ScheduledEnqueueOptions>(SCHEDULED_ENQUEUE),
    'Options of each job: attempts, backoff, timeout, ttl, priority, headers, correlationId, tags, queue.',
    'none',
  ),
  job: optional(
    kindOf(
      "a job type ('report:nightly') or what defineJob made",
      (value) => (typeof value === 'string' && value !== '') || isJobDefinition(value),
      (value) => value as JobDefinition | string,
    ),
    'What its occurrences enqueue.',
    'required',
  ),
  payload: optional(
    kindOf(
      'any JSON',
      () => true,
      (value) => value,
    ),
    'Of each job. With `@Scheduled`, a function of the occurrence, too.',
    'none',
  ),
} satisfies Declares<ScheduleOptions>;

export const SCHEDULES = {
  removeAfter: withDefault(
    durationBetween(60_000),
    "A schedule that is in no process's code any more is removed after this time.",
    '1d',
  ),
} satisfies Declares<SchedulesOptions>;

/** Everything that is wrong with the options by themselves, each with the name of the option. Empty: nothing. */
export function checkSchedule(said: unknown): string[] {
  const problems = checkGroup(SCHEDULE, said).map((problem) => `option ${problem}`);
  if (!isRecord(said)) return problems;
  const { cron, every, tz, job, startAt, endAt } = said;
  if (job === undefined) problems.push('option job: it is missing. Say which job the occurrences enqueue.');
  if (cron === undefined && every === undefined) {
    problems.push("option cron: it is missing. Give cron ('0 9 * * 1-5') or every ('10m').");
  }
  if (cron !== undefined && every !== undefined) {
    problems.push('option every: it excludes cron. Give one of them.');
  }
  if (tz !== undefined && cron === undefined && every !== undefined) {
    problems.push('option tz: every counts time that passes, which is the same in all zones. Leave tz out.');
  }
  if (problems.length > 0 || !(startAt instanceof Date) || !(endAt instanceof Date)) return problems;
  if (endAt.getTime() < startAt.getTime()) {
    problems.push('option endAt: it is before startAt, so that there is no occurrence. Move one of them.');
  }
  return problems;
}

/** Of options without problems. */
export function removeAfterMs(said: SchedulesOptions | undefined): number {
  return toMilliseconds(said?.removeAfter) ?? SCHEDULES.removeAfter.resolve(undefined);
}
