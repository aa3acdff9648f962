import { plan } from '../enqueue/plan.js';
import { ConfigurationError, describeError } from '../kernel/errors/index.js';
import { checkSchedule, type ScheduleOptions } from '../options/schedule.js';
import type { QueueDirectory } from '../options/settings.js';
import { jsonCodec } from '../payload/codec.js';
import { bodyOf, nameProblem, timingOf } from './definition.js';
import { optionsOf } from './occurrence-job.js';
import { timingProblems } from './occurrences.js';

export interface ScheduleGround {
  readonly queues: QueueDirectory;
  readonly now: number;
  /** Whether the job store tells of the job before. */
  readonly hasReads: boolean;
}

/** Everything that is wrong with a schedule, at boot and when it is put. Empty: nothing. */
export function scheduleProblems(
  name: unknown,
  options: ScheduleOptions,
  isComputed: boolean,
  ground: ScheduleGround,
): string[] {
  const wrongName = nameProblem(name);
  const problems = wrongName === undefined ? [] : [wrongName];
  const wrong = checkSchedule(options);
  if (wrong.length > 0) return [...problems, ...wrong];
  problems.push(...timingProblems(timingOf(options), ground.now));
  if (!isComputed) problems.push(...payloadProblems(options.payload));
  if (options.overlap !== undefined && options.overlap !== 'allow' && !ground.hasReads) {
    problems.push(
      `option overlap: '${options.overlap}' asks how the job before does, and the job store given lacks the facet 'reads'. Give a store that has it.`,
    );
  }
  return [...problems, ...planProblems(String(name), options, ground)];
}

function payloadProblems(payload: unknown): string[] {
  if (typeof payload === 'function') {
    return [
      'option payload: a function cannot be kept in the job store. Declare the schedule in code: @Scheduled.',
    ];
  }
  try {
    jsonCodec.encode(payload);
    return [];
  } catch (error) {
    return [`option payload: ${describeError(error).message}`];
  }
}

/** What would make each enqueue of it fail. */
function planProblems(name: string, options: ScheduleOptions, { queues, now }: ScheduleGround): string[] {
  try {
    plan(options.job, optionsOf(name, bodyOf(options, false), now), queues, now);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return [...error.problems];
  }
}
