import type { Command } from 'commander';
import type { Schedule } from 'nestjs-warren/operate';
import type { ScheduleOptions } from 'nestjs-warren/standalone';
import type { Act } from '../act.js';
import type { Call } from '../call.js';
import { CliError, EXIT, usageError } from '../exit-codes.js';
import { safe, safeJson, shortened } from '../output/safe-text.js';
import type { Column } from '../output/table.js';
import { lengthOfTime } from '../output/time.js';
import { milliseconds, wholeNumber } from '../settings.js';
import { enqueueOptions, readPayload } from './jobs-enqueue.js';
import { list } from './options.js';

/** `warren schedules ...`: what makes jobs at instants. */

interface AddFlags {
  readonly job: string;
  readonly payload?: string;
  readonly cron?: string;
  readonly every?: string;
  readonly tz?: string;
  readonly startAt?: string;
  readonly endAt?: string;
  readonly limit?: string;
  readonly jitter?: string;
  readonly missed?: string;
  readonly overlap?: string;
  readonly queue?: string;
  readonly attempts?: string;
  readonly tag?: readonly string[];
}

export function addSchedules(program: Command, act: Act): void {
  const schedules = program.command('schedules').description('see and change what makes jobs at instants');

  schedules
    .command('list')
    .alias('ls')
    .description('all schedules, by name')
    .action(
      act(async (call) => {
        const { jobs } = await call.open({ store: 'needed' });
        const rows = call.out.list({ columns: columnsFor(call), empty: 'No schedules.' });
        for (const schedule of await jobs.schedules.list()) await rows.add(schedule);
        await rows.end();
      }),
    );

  schedules
    .command('view')
    .argument('<name>')
    .description('one schedule')
    .action(
      act(async (call, _flags, [name]) => {
        const { jobs } = await call.open({ store: 'needed' });
        const schedule = await jobs.schedules.get(name!);
        if (!schedule) throw unknownSchedule(name!);
        await call.out.item(schedule, () => scheduleLines(call, schedule));
      }),
    );

  schedules
    .command('next')
    .argument('<name>')
    .description('its next occurrences, as if it were not paused')
    .option('-n, --count <count>', 'so many; default: 5')
    .action(
      act<{ readonly count?: string }>(async (call, { count = '5' }, [name]) => {
        const wanted = wholeNumber(count, 'count', 1, 1_000);
        const { jobs } = await call.open({ store: 'needed' });
        const rows = call.out.list<Date>({
          columns: [
            { head: 'at', cell: (at) => call.at(at) },
            { head: 'in', cell: (at) => call.ago(at) },
          ],
          empty: 'There is no further occurrence.',
        });
        for (const at of await jobs.schedules.next(name!, wanted)) await rows.add(at);
        await rows.end();
      }),
    );

  schedules
    .command('add')
    .argument('<name>')
    .description('put a schedule, new or in the place of the one of that name')
    .requiredOption('--job <type>', 'type of its jobs')
    .option('--payload <payload>', 'of each job: JSON, @file, or - for stdin')
    .option('--cron <cron>', "five fields, six with seconds before them, or a word such as '@hourly'")
    .option('--every <duration>', 'each so much time')
    .option('--tz <zone>', 'time zone of --cron: Europe/Paris; default: UTC')
    .option('--start-at <instant>', 'no occurrence before it')
    .option('--end-at <instant>', 'no occurrence after it')
    .option('--limit <count>', 'occurrences at most')
    .option('--jitter <duration>', 'each job is due up to so much later, at random')
    .option('--missed <word>', 'occurrences that nobody was there to make: skip, once, all')
    .option(
      '--overlap <word>',
      'while the job before has not ended: skip, allow, cancel-previous, buffer-one',
    )
    .option('--queue <queue>', 'queue of its jobs')
    .option('--attempts <count>', 'runs of each job at most')
    .option('--tag <tag>', 'of each job; more than once, or with commas', list)
    .action(
      act<AddFlags>(async (call, flags, [name]) => {
        const payload = await readPayload(call.io, flags.payload);
        const options = scheduleOptions(flags, payload);
        const { jobs } = await call.open({
          store: 'needed',
          ...(flags.queue !== undefined && { queues: [flags.queue] }),
        });
        const schedule = await jobs.schedules.upsert(name!, options);
        await call.out.item(schedule, () => scheduleLines(call, schedule));
      }),
    );

  schedules
    .command('run')
    .argument('<name>')
    .description('make one more job of it now, which is no occurrence')
    .action(
      act(async (call, _flags, [name]) => {
        const { jobs } = await call.open({ broker: 'needed', store: 'needed' });
        const ref = await jobs.schedules.trigger(name!);
        await call.out.item({ id: ref.id, queue: ref.queue }, () => [safe(ref.id)]);
      }),
    );

  for (const [verb, done, text] of [
    ['pause', 'paused', 'it fires no more, until it is resumed'],
    ['resume', 'resumed', 'it goes on with the next occurrence from now on'],
  ] as const) {
    schedules
      .command(verb)
      .argument('<name...>')
      .description(text)
      .action(
        act(async (call, _flags, names) => {
          const { jobs } = await call.open({ store: 'needed' });
          for (const name of names) {
            const schedule = await jobs.schedules[verb](name);
            await call.out.item(schedule, () => [`${safe(name)} ${done}`]);
          }
        }),
      );
  }

  schedules
    .command('remove')
    .alias('rm')
    .argument('<name>')
    .description('remove a schedule; jobs that it made stay')
    .option('--dry-run', 'say what would be removed, and do nothing')
    .action(
      act<{ readonly dryRun?: boolean }>(async (call, { dryRun }, [name]) => {
        const { jobs } = await call.open({ store: 'needed' });
        const schedule = await jobs.schedules.get(name!);
        if (!schedule) throw unknownSchedule(name!);
        if (dryRun) {
          await call.out.item({ name, wouldRemove: true }, () => [`Would remove schedule ${safe(name!)}.`]);
          return;
        }
        await call.confirm(`This removes the schedule ${name}.`);
        await jobs.schedules.remove(name!);
        await call.out.item({ name, removed: true }, () => [`${safe(name!)} removed`]);
      }),
    );
}

function unknownSchedule(name: string): CliError {
  return new CliError(
    EXIT.notFound,
    `There is no schedule ${JSON.stringify(name)}.`,
    'warren schedules list has all; --app-name says of which application.',
  );
}

function scheduleOptions(flags: AddFlags, payload: unknown): ScheduleOptions {
  const { job, cron, every, tz, startAt, endAt, limit, jitter, missed, overlap, queue, attempts, tag } =
    flags;
  const enqueue = enqueueOptions({
    ...(queue !== undefined && { queue }),
    ...(attempts !== undefined && { attempts }),
    ...(tag !== undefined && { tag }),
  });
  return {
    job,
    ...(payload !== undefined && { payload }),
    ...(cron !== undefined && { cron }),
    ...(every !== undefined && { every: milliseconds(every, 'every') }),
    ...(tz !== undefined && { tz }),
    ...(startAt !== undefined && { startAt: date(startAt, 'start-at') }),
    ...(endAt !== undefined && { endAt: date(endAt, 'end-at') }),
    ...(limit !== undefined && { limit: wholeNumber(limit, 'limit') }),
    ...(jitter !== undefined && { jitter: milliseconds(jitter, 'jitter') }),
    ...(missed !== undefined && { missed: missed as NonNullable<ScheduleOptions['missed']> }),
    ...(overlap !== undefined && { overlap: overlap as NonNullable<ScheduleOptions['overlap']> }),
    ...(Object.keys(enqueue).length > 0 && { enqueue }),
  };
}

function date(said: string, flag: string): Date {
  const at = new Date(said);
  if (!Number.isNaN(at.getTime())) return at;
  throw usageError(
    `--${flag}: ${JSON.stringify(said)} is no instant. Give one such as 2026-01-31T08:00:00Z.`,
  );
}

const timing = ({ cron, every, tz }: Schedule): string =>
  cron === undefined ? `every ${lengthOfTime(every ?? 0)}` : `${safe(cron)} ${safe(tz ?? 'UTC')}`;

function columnsFor(call: Call): readonly Column<Schedule>[] {
  return [
    { head: 'name', cell: ({ name }) => safe(name) },
    { head: 'when', cell: timing },
    { head: 'job', cell: ({ job }) => safe(job) },
    {
      head: 'next',
      cell: ({ next, pausedAt }) => (pausedAt ? call.style('yellow', 'paused') : call.at(next)),
    },
    { head: 'fired', align: 'right', cell: ({ fired }) => String(fired) },
    { head: 'from', cell: ({ origin }) => origin },
    {
      head: 'problem',
      mayShrink: true,
      cell: ({ error }) => (error === undefined ? '' : shortened(error, 60)),
    },
  ];
}

function scheduleLines(call: Call, schedule: Schedule): string[] {
  const { name, job, pausedAt, next, lastJob, error, payload, missed, overlap, fired, origin } = schedule;
  const field = (head: string, text: string): string => `  ${head.padEnd(9)} ${text}`;
  return [
    `${call.style('bold', safe(name))}   ${timing(schedule)}${pausedAt ? call.style('yellow', '   PAUSED') : ''}`,
    field('job', safe(job)),
    field('next', next ? `${call.at(next)} (${call.ago(next)})` : 'none'),
    field('last', lastJob ? `${call.at(lastJob.at)} ${safe(lastJob.id)}` : 'none'),
    field('fired', `${fired}, made by ${origin === 'code' ? 'code' : 'hand'}`),
    field('conduct', `missed ${missed}, overlap ${overlap}`),
    ...(payload === undefined ? [] : [field('payload', safeJson(JSON.stringify(payload)))]),
    ...(error === undefined ? [] : [field('problem', call.style('red', safe(error)))]),
  ];
}
