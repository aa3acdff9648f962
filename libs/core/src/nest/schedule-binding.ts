import { isJobType } from '../job/type-name.js';
import { isRecord, shown } from '../options/describe.js';
import type { CodeSchedule } from '../schedules/definition.js';
import {
  typeOf,
  type HandlerMark,
  type ScheduledMark,
  type ScheduledOptions,
} from './decorators/metadata.js';
import type { FoundMethod } from './discovery.js';

/** `@Scheduled` methods -> schedules in code, and the handlers that they make. */

/** What the other decorators of the method make it run. */
type Runs = readonly HandlerMark[];

/** Handlers of jobs that a schedule of the method names, and no other decorator of it. */
export function handlersOfSchedules({ schedules }: FoundMethod, runs: Runs): HandlerMark[] {
  const types = new Set(runs.map(({ job }) => typeOf(job)));
  const marks: HandlerMark[] = [];
  for (const { options } of schedules) {
    const { job, connection } = saidOf(options) ?? {};
    if (job === undefined || types.has(typeOf(job))) continue;
    types.add(typeOf(job));
    marks.push({ job, options: connection === undefined ? {} : { connection } });
  }
  return marks;
}

/** A mark without problems as a schedule; else what is wrong with it, beyond the options of a schedule. */
export function codeScheduleOf(
  { options }: ScheduledMark,
  found: FoundMethod,
  runs: Runs,
): CodeSchedule | string {
  const { place } = found;
  const at = `${place}: @Scheduled`;
  const said = saidOf(options);
  if (!said) return `${at}: ${shown(options)} is neither cron text nor an object of options.`;
  const { name = place, connection: _connection, payload, ...rest } = said;
  const whole = runs.filter(({ job }) => isJobType(typeOf(job)));
  const job = rest.job ?? (whole.length === 1 ? whole[0]!.job : undefined);
  if (job === undefined) {
    return `${at}: it does not say which job its occurrences enqueue${whole.length > 1 ? ', and the method runs several' : ''}. Give the option job: 'report:nightly'.`;
  }
  return typeof payload === 'function'
    ? { name, place, options: { ...rest, job }, compute: payload as NonNullable<CodeSchedule['compute']> }
    : { name, place, options: { ...rest, job, payload } };
}

/** Undefined: it is no object. */
function saidOf(options: ScheduledOptions): ScheduledOptions | undefined {
  const said: unknown = options;
  return isRecord(said) ? options : undefined;
}
