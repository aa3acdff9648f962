import type { OptionGroup } from './describe.js';
import { CAP_OVERRIDES } from './cap-overrides.js';
import { ENQUEUE } from './enqueue.js';
import { HANDLER } from './handler.js';
import { KEYED_CONCURRENCY, RATE_LIMIT } from './limits.js';
import { LOG } from './log.js';
import { MODULE } from './module.js';
import { QUEUE_OVERRIDES, TYPE_OVERRIDES } from './overrides.js';
import { POLICY } from './policy.js';
import { QUEUE } from './queue.js';
import { RETENTION } from './retention.js';
import { THREADS } from './threads.js';
import { SCHEDULE, SCHEDULES } from './schedule.js';
import { UNIQUE } from './unique.js';
import { WORKER } from './worker.js';

/** The declared options as a Markdown page, so that the reference is made from what the code checks. */
export function describeOptions(): string {
  return [
    section('JobsModule.forRoot', 'What the module takes.', MODULE),
    section(
      'defaults',
      'How often and how long a job is tried. For each of these: job > handler > definition > queue > module > built-in; unsaid means that the next one decides.',
      POLICY,
    ),
    section(
      'retention',
      'How long the job store remembers finished jobs; value by value, as `defaults`.',
      RETENTION,
    ),
    section('queues.<name>', 'One queue.', QUEUE),
    section(
      'concurrency',
      'Jobs of one key at once over all workers, of a queue, `defineJob` and `@JobHandler`.',
      KEYED_CONCURRENCY,
    ),
    section('rateLimit', 'Starts over all workers, of a queue, `defineJob` and `@JobHandler`.', RATE_LIMIT),
    section(
      'jobs.queues.configure(name, patch)',
      'What can be set for a queue while jobs run, over all options.',
      { ...QUEUE_OVERRIDES, ...CAP_OVERRIDES },
    ),
    section(
      'jobs.types.configure(type, patch)',
      'What can be set for the jobs of a type while they run.',
      TYPE_OVERRIDES,
    ),
    section('worker', 'How this process runs jobs.', WORKER),
    section('worker.threads', "The worker threads of handlers with `isolation: 'thread'`.", THREADS),
    section('log', 'What the log says of jobs.', LOG),
    section('@JobHandler(type, options)', 'One handler.', HANDLER),
    section('enqueue(job, payload, options)', 'One job.', ENQUEUE),
    section('schedules', 'Schedules of the module.', SCHEDULES),
    section('jobs.schedules.upsert(name, options), @Scheduled', 'One schedule.', SCHEDULE),
    section('unique', 'One job at a time under a key, of `defineJob` and of an enqueue.', UNIQUE),
  ].join('\n');
}

function section(title: string, text: string, members: OptionGroup): string {
  const rows = Object.entries(members).map(
    ([name, { text, kind, defaultText }]) =>
      `| \`${name}\` | ${cell(text)} | ${cell(kind.accepts)} | ${cell(defaultText)} |`,
  );
  return `## \`${title}\`\n\n${text}\n\n| option | what it does | takes | default |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
