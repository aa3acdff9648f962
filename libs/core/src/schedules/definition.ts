import type { JobDefinition } from '../job/definition.js';
import { toMilliseconds } from '../kernel/duration.js';
import { SCHEDULE, type ScheduleOptions, type ScheduledEnqueueOptions } from '../options/schedule.js';
import { MOST_SCHEDULE_NAME_BYTES, type ScheduleRecord } from '../ports/store-schedules.js';

/** A schedule as the job store keeps it: JSON, in numbers, complete but for what was not said. */

export interface Timing {
  readonly cron?: string;
  readonly everyMs?: number;
  readonly tz?: string;
  readonly startAt?: number;
  readonly endAt?: number;
  readonly limit?: number;
}

export interface Body {
  readonly type: string;
  /** JSON; undefined: none. */
  readonly payload?: unknown;
  /** A function in code makes the payload. */
  readonly isComputed?: true;
  readonly jitterMs: number;
  readonly missed: 'skip' | 'once' | 'all';
  readonly overlap: 'skip' | 'allow' | 'cancel-previous' | 'buffer-one';
  readonly deadlineMs?: number;
  readonly enqueue?: ScheduledEnqueueOptions;
}

/** What a payload function is told. */
export interface Occurrence {
  /** Name of the schedule. */
  readonly schedule: string;
  /** Its instant, without jitter. */
  readonly at: Date;
}

/** A schedule that a process has in its code. */
export interface CodeSchedule {
  readonly name: string;
  /** Where it is declared: `Class.method`. */
  readonly place: string;
  readonly options: ScheduleOptions;
  /** Makes the payload instead of `options.payload`. May give a promise. */
  readonly compute?: ((occurrence: Occurrence) => unknown) | undefined;
}

/** Of options without problems. */
export function timingOf(options: ScheduleOptions): Timing {
  const { cron, every, tz, startAt, endAt, limit } = options;
  return {
    ...(cron !== undefined && { cron: cron.trim(), tz: tz ?? 'UTC' }),
    ...(every !== undefined && { everyMs: toMilliseconds(every)! }),
    ...(startAt && { startAt: startAt.getTime() }),
    ...(endAt && { endAt: endAt.getTime() }),
    ...(limit !== undefined && { limit }),
  };
}

/** Of options without problems. */
export function bodyOf(options: ScheduleOptions, isComputed: boolean): Body {
  const { job, payload, deadline, enqueue } = options;
  const queue = enqueue?.queue ?? (typeof job === 'string' ? undefined : job.queue);
  const said = { ...enqueue, ...(queue !== undefined && { queue }) };
  return {
    type: typeOfJob(job),
    ...(isComputed ? { isComputed: true } : payload !== undefined && { payload }),
    jitterMs: SCHEDULE.jitter.resolve(options.jitter),
    missed: SCHEDULE.missed.resolve(options.missed),
    overlap: SCHEDULE.overlap.resolve(options.overlap),
    ...(deadline !== undefined && { deadlineMs: toMilliseconds(deadline)! }),
    ...(Object.keys(said).length > 0 && { enqueue: said }),
  };
}

export function typeOfJob(job: JobDefinition | string): string {
  return typeof job === 'string' ? job : job.type;
}

export function readTiming({ timing }: Pick<ScheduleRecord, 'timing'>): Timing {
  return JSON.parse(timing) as Timing;
}

export function readBody({ body }: Pick<ScheduleRecord, 'body'>): Body {
  return JSON.parse(body) as Body;
}

const NAME = /^[A-Za-z0-9_.:-]+$/;

/** Why it is no name of a schedule; undefined: it is one. */
export function nameProblem(name: unknown): string | undefined {
  if (typeof name === 'string' && name.length <= MOST_SCHEDULE_NAME_BYTES && NAME.test(name))
    return undefined;
  const said =
    typeof name === 'string' ? JSON.stringify(name.slice(0, 60)) : `a value of type ${typeof name}`;
  return `${said} is no name of a schedule: letters, digits, '_', '.', ':', '-'; 1 to ${MOST_SCHEDULE_NAME_BYTES}.`;
}
