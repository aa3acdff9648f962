import type { Command } from 'commander';
import type { QueueSummary, QueueView, SettingView } from 'nestjs-warren/operate';
import type { QueueOverrides } from 'nestjs-warren/standalone';
import type { Act } from '../act.js';
import { EXIT, usageError } from '../exit-codes.js';
import type { Column } from '../output/table.js';
import { safe } from '../output/safe-text.js';
import { count, lengthOfTime } from '../output/time.js';

/** `warren queues ...`: queues as a whole. */

interface SaidSettings {
  readonly reset?: readonly string[];
}

export function addQueues(program: Command, act: Act): void {
  const queues = program.command('queues').description('see, pause, limit and empty queues');

  queues
    .command('list')
    .alias('ls')
    .description('all known queues, with what waits in them')
    .action(
      act(async (call) => {
        const { jobs } = await call.open({ broker: 'needed', store: 'if-given' });
        const list = call.out.list({ columns: COLUMNS, empty: 'No queues are known.' });
        for (const queue of await jobs.queues.list()) await list.add(queue);
        await list.end();
        if (list.count === 0) call.note(HOW_KNOWN);
      }),
    );

  queues
    .command('view')
    .argument('<queue>')
    .description('every setting of a queue, and who decided it')
    .action(
      act(async (call, _flags, [name]) => {
        const { jobs } = await call.open({ broker: 'needed', store: 'if-given' });
        const view = await jobs.queues.view(name!);
        await call.out.item(view, () => viewLines(view, call.style));
      }),
    );

  for (const [verb, done] of [
    ['pause', 'paused'],
    ['resume', 'resumed'],
  ] as const) {
    queues
      .command(verb)
      .argument('<queue...>')
      .description(
        verb === 'pause' ? 'no worker takes jobs from it any more; what runs goes on' : 'take a pause back',
      )
      .action(
        act(async (call, _flags, names) => {
          const { jobs } = await call.open({ broker: 'needed', store: 'if-given' });
          for (const queue of names) {
            const hold = await jobs.queues[verb](queue);
            await call.out.item({ queue, [done]: true, hold }, () => [
              `${safe(queue)} ${done}${hold === 'told' ? ', in the processes that run now (there is no job store)' : ''}`,
            ]);
          }
        }),
      );
  }

  queues
    .command('purge')
    .argument('<queue>')
    .description('drop what waits in a queue; what runs, and what is not yet due, stays')
    .option('--because <text>', 'why, for those who look at the jobs')
    .option('--dry-run', 'say what would be dropped, and do nothing')
    .action(
      act<{ readonly because?: string; readonly dryRun?: boolean }>(
        async (call, { because, dryRun }, [name]) => {
          const { jobs } = await call.open({ broker: 'needed', store: 'if-given' });
          const { ready = 0 } = await jobs.queues.view(name!);
          if (dryRun) {
            await call.out.item({ queue: name, wouldDrop: ready }, () => [
              `Would drop ${count(ready)} waiting jobs of queue ${safe(name!)}.`,
            ]);
            return;
          }
          await call.confirm(`This drops ${count(ready)} waiting jobs of queue ${name} for good.`);
          const signal = call.signal;
          const result = await jobs.queues.purge(name!, {
            signal,
            ...(because !== undefined && { reason: because }),
          });
          await call.out.item({ queue: name, ...result }, () => [
            `${count(result.dropped)} jobs dropped from queue ${safe(name!)}; ${count(result.cancelled)} are cancelled in the job store`,
          ]);
          return signal.aborted ? EXIT.interrupted : EXIT.ok;
        },
      ),
    );

  queues
    .command('configure')
    .argument('<queue>')
    .argument('[settings...]', 'such as concurrency=5 maxConcurrent=20; values are JSON, or text')
    .description('change settings of a queue while jobs run, or take them back')
    .option('--reset <settings>', 'take back these, or all: with commas', (value: string) => value.split(','))
    .action(
      act<SaidSettings>(async (call, { reset = [] }, [name, ...said]) => {
        const patch = patchOf(said);
        if (Object.keys(patch).length === 0 && reset.length === 0) {
          throw usageError(
            'Nothing is said.',
            'Give settings such as concurrency=5, or --reset concurrency, or --reset all.',
          );
        }
        const { jobs } = await call.open({ broker: 'needed', store: 'if-given' });
        for (const key of reset) {
          await jobs.queues.reset(name!, key === 'all' ? undefined : (key as keyof QueueOverrides));
        }
        if (Object.keys(patch).length > 0) await jobs.queues.configure(name!, patch);
        const view = await jobs.queues.view(name!);
        await call.out.item(view, () => viewLines(view, call.style));
      }),
    );

  queues
    .command('drain')
    .argument('<queue>')
    .description('pause a queue, and wait until no job of it runs; it stays paused')
    .action(
      act(async (call, _flags, [name]) => {
        const { jobs } = await call.open({ broker: 'needed', store: 'needed' });
        const { timeoutMs, isTimeoutSaid } = call.settings;
        await jobs.queues.drain(name!, { timeout: isTimeoutSaid ? timeoutMs : '1m' });
        await call.out.item({ queue: name, drained: true }, () => [
          `No job of queue ${safe(name!)} runs. It stays paused; warren queues resume ${safe(name!)} takes that back.`,
        ]);
      }),
    );
}

export const HOW_KNOWN =
  'Queues are known by the job store (--redis), by the management API (--management), and by the profile (queues).';

const number = (value: number | undefined): string => (value === undefined ? '-' : count(value));

const COLUMNS: readonly Column<QueueSummary>[] = [
  { head: 'queue', cell: ({ name }) => safe(name) },
  { head: 'waiting', align: 'right', cell: ({ ready }) => number(ready) },
  { head: 'active', align: 'right', cell: ({ counts }) => number(counts?.active) },
  { head: 'scheduled', align: 'right', cell: ({ counts }) => number(counts?.scheduled) },
  { head: 'retrying', align: 'right', cell: ({ counts }) => number(counts?.retrying) },
  { head: 'dead', align: 'right', cell: ({ deadLetters }) => number(deadLetters) },
  { head: 'workers', align: 'right', cell: ({ consumers }) => number(consumers) },
  { head: '', cell: ({ isPaused, isThere }) => (isPaused ? 'paused' : isThere ? '' : 'not at the broker') },
];

function viewLines(view: QueueView, style: (colour: 'bold' | 'gray', text: string) => string): string[] {
  const { name, isPaused, ready, deadLetters, consumers, settings } = view;
  const width = Math.max(...Object.keys(settings).map((key) => key.length));
  return [
    `${style('bold', safe(name))}${isPaused ? '   PAUSED' : ''}`,
    `waiting ${number(ready)}   dead letters ${number(deadLetters)}   workers ${number(consumers)}`,
    '',
    ...Object.entries(settings).map(
      ([key, setting]) =>
        `${key.padEnd(width)}  ${valueOf(key, setting.value)}  ${style('gray', originOf(key, setting))}`,
    ),
  ];
}

function originOf(key: string, { origin, beneath, problem }: SettingView): string {
  if (problem !== undefined) return `(${safe(problem)})`;
  if (origin !== 'override') return `(${origin})`;
  return `(set at run time; else ${valueOf(key, beneath?.value)})`;
}

const IN_MILLISECONDS = /(ttl|timeout|deadline|retention|interval)$/i;

function valueOf(key: string, value: unknown): string {
  if (value === undefined) return '-';
  if (typeof value === 'number') return IN_MILLISECONDS.test(key) ? lengthOfTime(value) : count(value);
  if (typeof value === 'string') return safe(value);
  return typeof value === 'function' ? 'a function' : safe(JSON.stringify(value) ?? '-');
}

function patchOf(said: readonly string[]): QueueOverrides {
  const entries = said.map((one): [string, unknown] => {
    const at = one.indexOf('=');
    if (at <= 0)
      throw usageError(`${JSON.stringify(one)} is no setting. Write name=value, such as concurrency=5.`);
    const text = one.slice(at + 1);
    try {
      return [one.slice(0, at), JSON.parse(text)];
    } catch {
      return [one.slice(0, at), text];
    }
  });
  return Object.fromEntries(entries);
}
