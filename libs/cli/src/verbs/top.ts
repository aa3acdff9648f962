import type { Command } from 'commander';
import type { WorkerView } from 'nestjs-warren/operate';
import type { ClusterMoment } from 'nestjs-warren/standalone';
import type { Act } from '../act.js';
import { CliError, EXIT } from '../exit-codes.js';
import type { Io } from '../io.js';
import { safe } from '../output/safe-text.js';
import { count, lengthOfTime } from '../output/time.js';
import { milliseconds } from '../settings.js';
import { look, pictureLines } from './info.js';
import { momentLine } from './jobs-watch.js';
import { repaint, repeat } from './repaint.js';

/** `warren top`: queues, workers and the newest events on one screen, painted again and again. */

const EVENTS_KEPT = 50;
const OTHER_SCREEN = '\u001b[?1049h\u001b[?25l';
const OLD_SCREEN = '\u001b[?25h\u001b[?1049l';

export function addTop(program: Command, act: Act): void {
  program
    .command('top')
    .description('a live screen of queues, workers and events; q or Ctrl-C ends it')
    .option('-i, --interval <duration>', 'look again each so much; default: 1s')
    .action(
      act<{ readonly interval?: string }>(async (call, { interval = '1s' }) => {
        const everyMs = milliseconds(interval, 'interval');
        const { io, style } = call;
        const { stdout } = io;
        if (!stdout.isTTY) {
          throw new CliError(
            EXIT.usage,
            'warren top needs a terminal.',
            'warren info --watch writes lines instead.',
          );
        }
        const connection = await call.open({ broker: 'needed', store: 'if-given' });
        const keys = quitKey(io, call.signal);
        const events: ClusterMoment[] = [];
        const leave = connection.warren.control.observe((moment) => {
          events.unshift(moment);
          events.length = Math.min(events.length, EVENTS_KEPT);
        });
        await call.out.raw(OTHER_SCREEN);
        try {
          await repeat(keys.signal, everyMs, async () => {
            const picture = await look(connection, []);
            const workers = connection.jobs.store ? await workersOf(connection.jobs) : [];
            const { rows = 24, columns } = stdout;
            const head = [
              ...pictureLines(picture, style, columns),
              '',
              style('bold', `workers ${workers.length}`),
              ...workers.slice(0, 8).map(workerLine),
              ...(workers.length > 8 ? [`… and ${workers.length - 8} more`] : []),
              '',
              style('bold', 'events'),
            ];
            const room = Math.max(0, rows - head.length - 1);
            const lines = [...head, ...events.slice(0, room).map((event) => momentLine(call, event))];
            await call.out.raw(
              repaint(
                lines.map((line) => cut(line, columns)),
                rows,
              ),
            );
          });
        } finally {
          leave();
          keys.end();
          await call.out.raw(OLD_SCREEN).catch(() => undefined);
        }
        return call.isInterrupted ? EXIT.interrupted : EXIT.ok;
      }),
    );
}

async function workersOf(jobs: {
  workers(): Promise<readonly WorkerView[]>;
}): Promise<readonly WorkerView[]> {
  try {
    return await jobs.workers();
  } catch {
    // The line below the queues tells how the store does.
    return [];
  }
}

function workerLine({ id, running, isQuiet, startedAt, jobs, memory }: WorkerView): string {
  const first = jobs[0] ? `   ${safe(jobs[0].type)} ${safe(jobs[0].id)}` : '';
  const more = running > 1 ? ` and ${count(running - 1)} more` : '';
  const age = lengthOfTime(Date.now() - startedAt.getTime());
  return `  ${safe(id)}   up ${age}   ${Math.round(memory.rssBytes / 1024 / 1024)} MiB   runs ${running}${isQuiet ? '   QUIET' : ''}${first}${more}`;
}

/** Without colours a line can be cut anywhere; with them the terminal itself cuts. */
function cut(line: string, columns: number | undefined): string {
  return columns === undefined || line.includes('\u001b') ? line : line.slice(0, columns);
}

/** Ends with `q`, with Ctrl-C that a raw terminal hands over as a character, and with the signal. */
function quitKey({ stdin }: Io, interrupt: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  const quit = new AbortController();
  const terminal = stdin as Io['stdin'] & { setRawMode?: (raw: boolean) => void };
  const onKey = (data: Buffer | string): void => {
    const text = data.toString();
    if (text.includes('q') || text.includes('\u0003')) quit.abort();
  };
  const isKeyboard = stdin.isTTY === true;
  if (isKeyboard) {
    terminal.setRawMode?.(true);
    stdin.on('data', onKey);
  }
  return {
    signal: AbortSignal.any([quit.signal, interrupt]),
    end: () => {
      if (!isKeyboard) return;
      stdin.off('data', onKey);
      terminal.setRawMode?.(false);
      stdin.pause();
    },
  };
}
