import type { Command } from 'commander';
import type { QueueSummary } from 'nestjs-warren/operate';
import type { Act } from '../act.js';
import type { Call } from '../call.js';
import type { Connection } from '../connect.js';
import { EXIT } from '../exit-codes.js';
import { bar } from '../output/bars.js';
import { safe } from '../output/safe-text.js';
import type { Style } from '../output/style.js';
import { pageTable, widthsOf, type Column } from '../output/table.js';
import { count, counted, lengthOfTime } from '../output/time.js';
import { milliseconds } from '../settings.js';
import { HOW_KNOWN } from './queues.js';
import { repeat, repaint } from './repaint.js';

/** `warren info`: one line for each queue, with a bar for what waits. */

export interface Picture {
  readonly at: Date;
  readonly queues: readonly QueueSummary[];
  readonly broker: { readonly state: string; readonly ms: number };
  /** Undefined: there is none. */
  readonly store: { readonly state: string; readonly text: string } | undefined;
}

export function addInfo(program: Command, act: Act): void {
  program
    .command('info')
    .argument('[queue...]', 'these alone; default: all known ones')
    .description('bars for each queue: what waits, runs and died')
    .option('-w, --watch [interval]', 'look again and again; default: each 2s')
    .action(
      act<{ readonly watch?: string | true }>(async (call, { watch }, names) => {
        const everyMs =
          watch === undefined ? undefined : watch === true ? 2_000 : milliseconds(watch, 'watch');
        const connection = await call.open({ broker: 'needed', store: 'if-given' });
        if (everyMs === undefined) {
          await show(call, await look(connection, names), names);
          return;
        }
        await repeat(call.signal, everyMs, async () => {
          const picture = await look(connection, names);
          if (!call.isText || !call.io.stdout.isTTY) return show(call, picture, names);
          const lines = pictureLines(picture, call.style, call.io.stdout.columns);
          await call.out.raw(repaint([...lines, '', 'Ctrl-C ends it'], call.io.stdout.rows));
        });
        return EXIT.interrupted;
      }),
    );
}

async function show(call: Call, picture: Picture, names: readonly string[]): Promise<void> {
  const lines = call.isText ? pictureLines(picture, call.style, call.io.stdout.columns) : [];
  await call.out.item(picture, () => lines);
  if (picture.queues.length === 0 && names.length === 0) call.note(HOW_KNOWN);
}

export async function look({ warren, jobs }: Connection, names: readonly string[]): Promise<Picture> {
  const startedAt = performance.now();
  const queues = await jobs.queues.list({ oldest: true, ...(names.length > 0 && { names }) });
  const ms = Math.round(performance.now() - startedAt);
  const health = jobs.store;
  return {
    at: new Date(),
    queues,
    broker: { state: warren.status().state, ms },
    store: health && { state: health.state, text: health.text },
  };
}

const BAR_WIDTH = 22;

export function pictureLines(picture: Picture, style: Style, room: number | undefined): readonly string[] {
  const { queues, at, broker, store } = picture;
  const most = Math.max(1, ...queues.map(({ ready = 0 }) => ready));
  const columns: readonly Column<QueueSummary>[] = [
    { head: 'queue', cell: ({ name }) => safe(name) },
    {
      head: 'waiting',
      cell: ({ ready, consumers }) =>
        ready === undefined
          ? '|'
          : `|${style(ready > 0 && consumers === 0 ? 'red' : 'green', bar(ready, most, BAR_WIDTH))} ${count(ready)}`,
    },
    { head: 'run', align: 'right', cell: ({ counts }) => number(counts?.active) },
    { head: 'sched', align: 'right', cell: ({ counts }) => number(counts?.scheduled) },
    { head: 'retry', align: 'right', cell: ({ counts }) => number(counts?.retrying) },
    {
      head: 'dead',
      align: 'right',
      cell: ({ deadLetters }) => (deadLetters ? style('red', count(deadLetters)) : number(deadLetters)),
    },
    {
      head: 'oldest',
      align: 'right',
      cell: ({ oldestAt }) =>
        oldestAt
          ? lengthOfTime(Math.max(0, Math.floor((at.getTime() - oldestAt.getTime()) / 1_000) * 1_000))
          : '-',
    },
    { head: 'cons', align: 'right', cell: ({ consumers }) => number(consumers) },
    { head: '', cell: (queue) => style('red', remarkOf(queue)) },
  ];
  const rows = queues.map((queue) => columns.map(({ cell }) => cell(queue)));
  const table =
    rows.length === 0
      ? [style('gray', 'No queues are known.')]
      : pageTable(rows, columns, widthsOf(rows, columns, undefined, room), { style, isFirst: true }).split(
          '\n',
        );
  const sum = (of: (queue: QueueSummary) => number | undefined): string =>
    count(queues.reduce((all, queue) => all + (of(queue) ?? 0), 0));
  const storeText = store ? `store ${store.state === 'up' ? 'ok' : safe(store.text)}` : 'no store';
  const footer = [
    `${counted(queues.length, 'queue')}, ${sum(({ ready }) => ready)} waiting, ${sum(({ counts }) => counts?.active)} running, ${sum(({ deadLetters }) => deadLetters)} dead`,
    `broker ${broker.state === 'connected' ? 'ok' : broker.state} ${broker.ms}ms`,
    storeText,
    at.toTimeString().slice(0, 8),
  ];
  return [...table, style('gray', footer.join('   '))];
}

export function remarkOf({ isPaused, isThere, ready = 0, consumers }: QueueSummary): string {
  if (!isThere) return '! not at the broker';
  if (isPaused) return 'paused';
  return ready > 0 && consumers === 0 ? '! no consumer' : '';
}

const number = (value: number | undefined): string => (value === undefined ? '-' : count(value));
