import { withDefault, type Declares } from './describe.js';
import { oneOf, yesOrNo } from './kinds.js';
import type { LogSettings } from './settings.js';

/** What the log says of jobs, under `log` of the module. */
export interface LogOptions {
  /**
   * `'problems'`: each attempt that did not complete gets a line. `'all'`: each that completed too, at Nest's level
   * `log`. Default `'problems'`.
   */
  readonly attempts?: 'all' | 'problems';
  /**
   * Whether each line about a job comes with an object: jobId, jobType, queue, attempt, correlationId, durationMs, outcome,
   * errorName. Default false.
   */
  readonly fields?: boolean;
}

export const LOG = {
  attempts: withDefault(
    oneOf('all', 'problems'),
    'Which attempts get a line: all, or those that did not complete.',
    'problems',
  ),
  fields: withDefault(
    yesOrNo,
    'Whether each line about a job comes with an object as second argument: jobId, jobType, queue, attempt, correlationId, durationMs, outcome, errorName.',
    false,
  ),
} satisfies Declares<LogOptions>;

/** Of options without problems. */
export function logSettings(options: LogOptions = {}): LogSettings {
  return Object.freeze({
    attempts: LOG.attempts.resolve(options.attempts),
    fields: LOG.fields.resolve(options.fields),
  });
}
