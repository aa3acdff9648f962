import type { ScheduleOrigin, ScheduleRecord } from '../ports/store-schedules.js';
import { readBody, readTiming, type Body } from '../schedules/definition.js';
import { Occurrences } from '../schedules/occurrences.js';

/** A schedule as the job store remembers it, for those who read: values instead of JSON text, and Dates. */
export interface Schedule {
  readonly name: string;
  /** `code`: declared with `@Scheduled`. `runtime`: put with `upsert`. */
  readonly origin: ScheduleOrigin;
  readonly cron: string | undefined;
  /** Milliseconds. */
  readonly every: number | undefined;
  /** Of `cron`. */
  readonly tz: string | undefined;
  readonly startAt: Date | undefined;
  readonly endAt: Date | undefined;
  readonly limit: number | undefined;
  /** Type of its jobs. */
  readonly job: string;
  /** Undefined also where a function makes it. */
  readonly payload: unknown;
  readonly isPayloadComputed: boolean;
  /** Milliseconds. */
  readonly jitter: number;
  readonly missed: Body['missed'];
  readonly overlap: Body['overlap'];
  /** Milliseconds after the occurrence. */
  readonly deadline: number | undefined;
  readonly enqueue: Body['enqueue'];
  readonly createdAt: Date;
  readonly changedAt: Date;
  /** Since when it makes no jobs; undefined: it does. */
  readonly pausedAt: Date | undefined;
  /** Next occurrence, as if it were not paused; undefined: there is none any more. */
  readonly next: Date | undefined;
  /** Occurrences that became jobs, since its timing last changed. */
  readonly fired: number;
  /** The last job that it made of an occurrence. */
  readonly lastJob: { readonly id: string; readonly at: Date } | undefined;
  /** Occurrence that waits for the end of that job. */
  readonly bufferedAt: Date | undefined;
  /** Why the last occurrence made no job. */
  readonly error: string | undefined;
}

export function scheduleView(record: ScheduleRecord, now: number): Schedule {
  const { name, origin, fired, lastJob, error } = record;
  const timing = readTiming(record);
  const body = readBody(record);
  return {
    name,
    origin,
    cron: timing.cron,
    every: timing.everyMs,
    tz: timing.tz,
    startAt: dateOf(timing.startAt),
    endAt: dateOf(timing.endAt),
    limit: timing.limit,
    job: body.type,
    payload: body.payload,
    isPayloadComputed: body.isComputed === true,
    jitter: body.jitterMs,
    missed: body.missed,
    overlap: body.overlap,
    deadline: body.deadlineMs,
    enqueue: body.enqueue,
    createdAt: new Date(record.createdAt),
    changedAt: new Date(record.changedAt),
    pausedAt: dateOf(record.pausedAt),
    next: nextOf(record, now, 1)[0],
    fired,
    lastJob: lastJob && { id: lastJob.id, at: new Date(lastJob.at) },
    bufferedAt: dateOf(record.bufferedAt),
    error,
  };
}

/** Its next occurrences, as if it were not paused; fewer where it ends. */
export function nextOf(record: ScheduleRecord, now: number, count: number): Date[] {
  const timing = readTiming(record);
  const occurrences = new Occurrences(timing);
  const left = timing.limit === undefined ? count : Math.min(count, timing.limit - record.fired);
  const found: Date[] = [];
  for (let at: number | undefined = Math.max(now, record.lastAt); found.length < left;) {
    at = occurrences.after(at);
    if (at === undefined) break;
    found.push(new Date(at));
  }
  return found;
}

function dateOf(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}
