import type { Command } from 'commander';
import type { DeadLetter, DeadLetterGroup } from 'nestjs-warren/operate';
import type { Act } from '../act.js';
import type { Call } from '../call.js';
import { CliError, EXIT } from '../exit-codes.js';
import { safe, safeJson, shortened } from '../output/safe-text.js';
import type { Column } from '../output/table.js';
import { count } from '../output/time.js';
import { wholeNumber } from '../settings.js';
import { addDeadChanges } from './dead-change.js';
import { addDeadFilter, filterOf, queuesWithLetters, type DeadFlags } from './dead-selection.js';

/** `warren dead ...`: jobs nobody retries by itself. */

const DEFAULT_ROWS = 50;

export function addDead(program: Command, act: Act): void {
  const dead = program.command('dead').description('see dead letters, bring them back or drop them');

  addDeadFilter(dead.command('list').alias('ls').description('dead letters, the oldest first'))
    .option('-n, --limit <count>', `so many at most; default: ${DEFAULT_ROWS}`)
    .option('--all', 'as many as there are')
    .action(
      act<DeadFlags & { readonly limit?: string; readonly all?: boolean }>(async (call, flags) => {
        const limit = flags.all
          ? Infinity
          : flags.limit === undefined
            ? DEFAULT_ROWS
            : wholeNumber(flags.limit, 'limit');
        const isMeant = await matcher(flags);
        const { jobs } = await call.open({ broker: 'needed', store: 'if-given' });
        const list = call.out.list({
          columns: columnsFor(call),
          empty: 'No dead letters.',
          value: letterValue,
        });
        const { signal } = call;
        let isMore = false;
        for (const queue of await queuesWithLetters(jobs, flags, call)) {
          // One at a time: there may be a hundred thousand.
          await jobs.deadLetters(queue).walk(async (letter) => {
            if (signal.aborted) return false;
            if (!isMeant(letter)) return true;
            isMore = list.count >= limit;
            if (isMore) return false;
            await list.add(letter);
            return true;
          });
          if (isMore || signal.aborted) break;
        }
        await list.end();
        if (isMore) call.note(`There are more than ${count(limit)}: --limit, or --all.`);
        return signal.aborted ? EXIT.interrupted : EXIT.ok;
      }),
    );

  dead
    .command('groups')
    .description('dead letters that failed alike, together; the largest group first')
    .option('--queue <queue>', 'of this queue; default: all known ones')
    .action(
      act<DeadFlags>(async (call, flags) => {
        const { jobs } = await call.open({ broker: 'needed', store: 'if-given' });
        const groups: DeadLetterGroup[] = [];
        for (const queue of await queuesWithLetters(jobs, flags, call)) {
          groups.push(...(await jobs.deadLetters(queue).groups()));
        }
        const list = call.out.list({ columns: groupColumns(call), empty: 'No dead letters.' });
        for (const group of groups.sort((a, b) => b.count - a.count)) await list.add(group);
        await list.end();
      }),
    );

  dead
    .command('view')
    .argument('<id>')
    .description('one dead letter: why it failed, each time, and its payload')
    .option('--queue <queue>', 'where it is; default: all known queues are looked through')
    .action(
      act<DeadFlags>(async (call, flags, [id]) => {
        const { jobs } = await call.open({ broker: 'needed', store: 'if-given' });
        for (const queue of await queuesWithLetters(jobs, flags, call)) {
          let found: DeadLetter | undefined;
          await jobs.deadLetters(queue).walk((letter) => {
            if (letter.id === id) found = letter;
            return found === undefined;
          });
          if (!found) continue;
          const letter = found;
          await call.out.item(letterValue(letter), () => letterLines(call, letter));
          return;
        }
        throw new CliError(
          EXIT.notFound,
          `There is no dead letter ${JSON.stringify(id)}${flags.queue === undefined ? '' : ` in queue ${flags.queue}`}.`,
          'It may be in a queue that is not known here (--queue), or have been retried since: warren jobs view.',
        );
      }),
    );

  addDeadChanges(dead, act);
}

async function matcher(flags: DeadFlags): Promise<(letter: DeadLetter) => boolean> {
  const filter = filterOf(flags);
  if (!filter) return () => true;
  const { deadLetterChooser } = await import('nestjs-warren/operate');
  const isChosen = deadLetterChooser({ filter }, 'warren dead list');
  return (letter) => isChosen(letter.id, () => letter);
}

function payloadOf({ body }: DeadLetter): unknown {
  const text = Buffer.from(body).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function letterValue(letter: DeadLetter): object {
  const { body: _, ...rest } = letter;
  return { ...rest, payload: payloadOf(letter) };
}

function columnsFor(call: Call): readonly Column<DeadLetter>[] {
  return [
    { head: 'id', cell: ({ id }) => (id === undefined ? '-' : safe(id)) },
    { head: 'type', cell: ({ type }) => (type === undefined ? '-' : safe(type)) },
    { head: 'queue', cell: ({ queue }) => safe(queue) },
    { head: 'reason', cell: ({ reason }) => safe(reason) },
    { head: 'attempts', align: 'right', cell: ({ attempts }) => String(attempts) },
    { head: 'failed', cell: ({ failedAt }) => call.at(failedAt) },
    { head: 'error', mayShrink: true, cell: ({ error }) => shortened(error, 80) },
  ];
}

function groupColumns(call: Call): readonly Column<DeadLetterGroup>[] {
  return [
    { head: 'group', cell: ({ key }) => key },
    { head: 'count', align: 'right', cell: (group) => count(group.count) },
    { head: 'queue', cell: ({ queue }) => safe(queue) },
    { head: 'type', cell: ({ type }) => (type === undefined ? '-' : safe(type)) },
    { head: 'reason', cell: ({ reason }) => safe(reason) },
    { head: 'last', cell: ({ lastAt }) => call.at(lastAt) },
    { head: 'error', mayShrink: true, cell: ({ error }) => shortened(error, 80) },
  ];
}

function letterLines(call: Call, letter: DeadLetter): string[] {
  const { id, type, queue, reason, error, failedAt, enqueuedAt, history, headers } = letter;
  const field = (name: string, text: string): string => `  ${name.padEnd(12)} ${text}`;
  return [
    `${call.style('bold', safe(id ?? '(no id)'))} ${safe(type ?? '(no type)')}   ${call.style('red', `DEAD: ${safe(reason)}`)}`,
    field('queue', `${safe(queue)}   attempts ${letter.attempts}`),
    field('enqueued', call.at(enqueuedAt, true)),
    field('failed', call.at(failedAt, true)),
    field('error', safe(error)),
    ...history.map((attempt) =>
      field(
        `attempt ${attempt.number}`,
        `${call.at(new Date(attempt.startedAt), true)}   worker ${safe(attempt.worker)}   ${safe(attempt.error.name)}: ${safe(attempt.error.message)}`,
      ),
    ),
    field('headers', safeJson(JSON.stringify(headers) ?? '{}')),
    field('payload', safeJson(JSON.stringify(payloadOf(letter)) ?? 'null')),
  ];
}
