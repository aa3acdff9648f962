import type { JobRequest } from '../enqueue/submit.js';
import type { JobDefinition } from '../job/definition.js';
import type { EnqueueOptions } from '../options/enqueue.js';
import type { Body } from './definition.js';

/** The job of an occurrence. */

/** Its id: whoever makes the occurrence again makes the same job. */
export function occurrenceId(schedule: string, at: number): string {
  return `${schedule}@${new Date(at).toISOString()}`;
}

/** The tag by which the jobs of a schedule are found. */
export function scheduleTag(schedule: string): string {
  return `schedule:${schedule}`;
}

export interface OccurrenceJob {
  readonly schedule: string;
  readonly body: Body;
  /** Instant of the occurrence. */
  readonly at: number;
  readonly payload: unknown;
  /** Undefined: an id like any other. */
  readonly id: string | undefined;
  /** Undefined: at once. */
  readonly dueAt?: number;
  /** Where the process has it. */
  readonly definition?: JobDefinition | undefined;
}

export function requestOf(wanted: OccurrenceJob): JobRequest {
  const { schedule, body, at, payload, id, dueAt, definition } = wanted;
  return {
    job: definition ?? body.type,
    payload,
    options: { ...optionsOf(schedule, body, at), id, ...timed() },
  };

  function timed(): EnqueueOptions {
    return {
      ...(dueAt !== undefined && { runAt: new Date(dueAt) }),
      ...(body.deadlineMs !== undefined && { deadline: new Date(at + body.deadlineMs) }),
    };
  }
}

/** What each job of the schedule is enqueued with. Whether it may run beside another, `overlap` says. */
export function optionsOf(schedule: string, { enqueue }: Pick<Body, 'enqueue'>, at: number): EnqueueOptions {
  return {
    ...enqueue,
    unique: false,
    tags: [...(enqueue?.tags ?? []), scheduleTag(schedule)],
    headers: { ...enqueue?.headers, schedule, occurrence: new Date(at).toISOString() },
  };
}
