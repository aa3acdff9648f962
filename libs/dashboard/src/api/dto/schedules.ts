import { ref } from '../../openapi/schemas.js';
import { endpoint } from '../endpoint.js';
import { optional, required } from '../fields.js';
import { duration, instant, json, oneOf, record, text, whole } from '../kinds.js';

const tag = 'schedules';
const NAME = { name: required(text(), 'Name of the schedule.') };

/** Checked in full by `jobs.schedules.upsert`. */
const SCHEDULE = {
  cron: optional(
    text(250),
    'When: five or six fields, or a word such as `@hourly`. Not together with `every`.',
  ),
  every: optional(duration, 'When: each so much time. Not together with `cron`.'),
  tz: optional(text(100), 'Time zone of `cron`, by its IANA name. Default UTC.'),
  startAt: optional(instant, 'No occurrence before it.'),
  endAt: optional(instant, 'No occurrence after it.'),
  limit: optional(whole(1, Number.MAX_SAFE_INTEGER), 'Occurrences that become jobs, at most.'),
  jitter: optional(duration, 'Each job is due up to so much later, at random.'),
  missed: optional(
    oneOf('skip', 'once', 'all'),
    'Occurrences that nobody was there to make. Default `once`.',
  ),
  overlap: optional(
    oneOf('skip', 'allow', 'cancel-previous', 'buffer-one'),
    'An occurrence while the job of the one before has not ended. Default `allow`.',
  ),
  deadline: optional(duration, 'No attempt starts later after the occurrence than this.'),
  enqueue: optional(record, 'Options of each job.'),
  job: required(text(200), 'Type of the jobs.'),
  payload: optional(json, 'Of each job.'),
};

export const listSchedules = endpoint({
  id: 'listSchedules',
  method: 'GET',
  path: 'schedules',
  action: 'read',
  tag,
  summary: 'All schedules, by name.',
  answer: ref('Schedules'),
});

export const getSchedule = endpoint({
  id: 'getSchedule',
  method: 'GET',
  path: 'schedules/:name',
  action: 'read',
  tag,
  summary: 'One schedule.',
  params: NAME,
  answer: ref('Schedule'),
});

export const nextOccurrences = endpoint({
  id: 'nextOccurrences',
  method: 'GET',
  path: 'schedules/:name/next',
  action: 'read',
  tag,
  summary: 'Its next occurrences, as if it were not paused.',
  params: NAME,
  query: { count: optional(whole(1, 1_000), 'How many. Default 10.') },
  answer: ref('Occurrences'),
});

export const putSchedule = endpoint({
  id: 'putSchedule',
  method: 'PUT',
  path: 'schedules/:name',
  action: 'operate',
  tag,
  summary: 'Puts a schedule, new or in the place of the one of that name.',
  params: NAME,
  body: SCHEDULE,
  answer: ref('Schedule'),
  problems: { 409: 'A schedule of that name is declared in code.' },
});

export const removeSchedule = endpoint({
  id: 'removeSchedule',
  method: 'DELETE',
  path: 'schedules/:name',
  action: 'operate',
  tag,
  summary: 'Removes a schedule. Jobs that it made stay.',
  params: NAME,
  answer: ref('Removed'),
  problems: { 409: 'The schedule is declared in code.' },
});

export const triggerSchedule = endpoint({
  id: 'triggerSchedule',
  method: 'POST',
  path: 'schedules/:name/trigger',
  action: 'operate',
  tag,
  summary: 'Makes one more job now, whatever runs and although the schedule may be paused.',
  params: NAME,
  status: 202,
  answer: ref('Accepted'),
});

export const pauseSchedule = endpoint({
  id: 'pauseSchedule',
  method: 'POST',
  path: 'schedules/:name/pause',
  action: 'operate',
  tag,
  summary: 'Makes it fire no more, until it is resumed.',
  params: NAME,
  answer: ref('Schedule'),
});

export const resumeSchedule = endpoint({
  id: 'resumeSchedule',
  method: 'POST',
  path: 'schedules/:name/resume',
  action: 'operate',
  tag,
  summary: 'Lets it go on with the next occurrence from now on.',
  params: NAME,
  answer: ref('Schedule'),
});
