import type { WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Job } from 'nestjs-warren/operate';
import type { FindQuery } from 'nestjs-warren/standalone';
import type { Act } from '../act.js';
import type { Call } from '../call.js';
import type { Connection } from '../connect.js';
import { CliError, EXIT, type ExitCode } from '../exit-codes.js';
import { Printer } from '../output/printer.js';
import { safe, shortened } from '../output/safe-text.js';
import { plain, type Colour } from '../output/style.js';
import type { Column } from '../output/table.js';
import { count } from '../output/time.js';
import { wholeNumber } from '../settings.js';
import { addQuery, queryOf, type QueryFlags } from './options.js';

/** `jobs list` and `jobs export`: page by page out of the store, so that a hundred thousand need no more memory than fifty. */

const DEFAULT_ROWS = 50;
const PAGE = 200;

export function addJobsList(jobs: Command, act: Act): void {
  addQuery(
    jobs.command('list').alias('ls').description('jobs that the job store remembers, the newest first'),
  )
    .option('-n, --limit <count>', `so many at most; default: ${DEFAULT_ROWS}`)
    .option('--all', 'as many as there are')
    .action(
      act<QueryFlags & { readonly limit?: string; readonly all?: boolean }>(async (call, flags) => {
        const limit = flags.all
          ? Infinity
          : flags.limit === undefined
            ? DEFAULT_ROWS
            : wholeNumber(flags.limit, 'limit');
        const connection = await call.open({ store: 'needed' });
        const list = call.out.list({ columns: columnsFor(call), empty: 'No such jobs.', value: summaryOf });
        const isMore = await eachJob(connection, queryOf(flags), limit, (job) => list.add(job), call.signal);
        await list.end();
        if (isMore && !call.isInterrupted)
          call.note(`There are more than ${count(limit)}: --limit, or --all.`);
        return interruptedOrOk(call);
      }),
    );

  addQuery(
    jobs
      .command('export')
      .description('whole jobs with payload, result and attempts, one JSON object a line'),
  )
    .option('--all', 'every job, where no flag says which')
    .option('--file <file>', 'write there; default: stdout')
    .action(
      act<QueryFlags & { readonly all?: boolean; readonly file?: string }>(async (call, flags) => {
        const query = queryOf(flags);
        if (!query && !flags.all) {
          throw new CliError(
            EXIT.usage,
            'Nothing says which jobs are meant.',
            'Give flags such as --queue, or --all.',
          );
        }
        const connection = await call.open({ store: 'needed' });
        const { file } = flags;
        const stdout = file === undefined ? call.io.stdout : await streamInto(file);
        let problem: Error | undefined;
        if (file !== undefined) stdout.on('error', (error: Error) => (problem = error));
        const format = call.settings.format === 'json' ? 'json' : 'jsonl';
        const out =
          file === undefined && format === call.settings.format
            ? call.out
            : new Printer({ stdout }, format, plain);
        const list = out.list<Job>({ columns: [], empty: '' });
        try {
          await eachJob(connection, query, Infinity, (job) => list.add(job), call.signal);
          await list.end();
          await out.end();
          if (problem) throw problem;
        } catch (error) {
          if (problem) throw new CliError(EXIT.failure, `${file}: ${problem.message}`);
          throw error;
        } finally {
          if (file !== undefined) stdout.end();
          if (out !== call.out) out.dispose();
        }
        call.note(`${count(list.count)} jobs${file === undefined ? '' : ` in ${file}`}`);
        return interruptedOrOk(call);
      }),
    );
}

async function streamInto(file: string): Promise<WriteStream> {
  try {
    return (await open(file, 'w')).createWriteStream();
  } catch (error) {
    throw new CliError(EXIT.failure, `${file}: ${(error as Error).message}`);
  }
}

const interruptedOrOk = (call: Call): ExitCode => (call.isInterrupted ? EXIT.interrupted : EXIT.ok);

/** Whether there are more than `limit`. */
async function eachJob(
  { jobs }: Connection,
  query: FindQuery | undefined,
  limit: number,
  each: (job: Job) => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  let left = limit;
  let cursor: string | undefined;
  do {
    const page = await jobs.find(query ?? {}, {
      limit: Math.min(PAGE, left),
      ...(cursor !== undefined && { cursor }),
    });
    for (const job of page.jobs) {
      if (signal.aborted) return true;
      await each(job);
      left -= 1;
    }
    cursor = page.next;
  } while (cursor !== undefined && left > 0 && !signal.aborted);
  return cursor !== undefined;
}

/** What one looks for in a list; the rest is in `jobs view` and `jobs export`. */
const SUMMARY = [
  'id',
  'type',
  'queue',
  'state',
  'reason',
  'attempt',
  'maxAttempts',
  'createdAt',
  'dueAt',
  'startedAt',
  'endedAt',
  'error',
  'tags',
] as const satisfies ReadonlyArray<keyof Job>;

function summaryOf(job: Job): object {
  const error = job.error && { name: job.error.name, message: job.error.message };
  const told = { ...job, error };
  return Object.fromEntries(SUMMARY.map((name) => [name, told[name]]));
}

export const STATE_COLOURS: Readonly<Record<Job['state'], Colour>> = {
  scheduled: 'blue',
  blocked: 'gray',
  queued: 'cyan',
  active: 'green',
  retrying: 'yellow',
  completed: 'green',
  failed: 'red',
  cancelled: 'gray',
  enqueue_failed: 'red',
};

function columnsFor(call: Call): readonly Column<Job>[] {
  return [
    { head: 'id', cell: ({ id }) => safe(id) },
    { head: 'type', cell: ({ type }) => safe(type) },
    { head: 'queue', cell: ({ queue }) => safe(queue) },
    { head: 'state', cell: ({ state }) => call.style(STATE_COLOURS[state], state) },
    {
      head: 'attempt',
      align: 'right',
      cell: ({ attempt, maxAttempts }) => `${attempt}${maxAttempts === undefined ? '' : `/${maxAttempts}`}`,
    },
    { head: 'created', cell: ({ createdAt }) => call.at(createdAt) },
    {
      head: 'what',
      mayShrink: true,
      cell: ({ error, state, dueAt, reason }) => {
        if (state === 'scheduled' || state === 'retrying') return dueAt ? `due ${call.at(dueAt)}` : '';
        if (!error || state === 'completed') return reason ?? '';
        return shortened(`${error.name}: ${error.message}`, 80);
      },
    },
  ];
}
