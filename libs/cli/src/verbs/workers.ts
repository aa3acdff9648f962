import type { Command } from 'commander';
import type { WorkerView } from 'nestjs-warren/operate';
import type { Act } from '../act.js';
import type { Call } from '../call.js';
import { safe } from '../output/safe-text.js';
import type { Column } from '../output/table.js';
import { count } from '../output/time.js';

/** `warren workers ...`: the processes that run jobs. */
export function addWorkers(program: Command, act: Act): void {
  const workers = program.command('workers').description('see, quiet and stop the processes that run jobs');

  workers
    .command('list')
    .alias('ls')
    .description('those that live; one that was killed is gone after 15 s')
    .action(
      act(async (call) => {
        const { jobs } = await call.open({ store: 'needed' });
        const rows = call.out.list({ columns: columnsFor(call), empty: 'No workers.' });
        for (const worker of await jobs.workers()) await rows.add(worker);
        await rows.end();
      }),
    );

  for (const [verb, done, text] of [
    ['quiet', 'takes nothing new', 'make a worker take nothing new; what runs goes on'],
    ['wake', 'takes jobs again', 'take quiet back'],
  ] as const) {
    workers
      .command(verb)
      .argument('<worker...>', 'id, or host:process id')
      .description(text)
      .action(
        act(async (call, _flags, names) => {
          const { jobs } = await call.open({ broker: 'needed', store: 'if-given' });
          for (const worker of names) {
            const answer = await jobs.workers[verb](worker);
            await call.out.item({ worker, [verb]: answer }, () => [
              answer === 'done'
                ? `${safe(worker)} ${done}`
                : `${safe(worker)} was told (there is no job store to answer in)`,
            ]);
          }
        }),
      );
  }

  workers
    .command('stop')
    .argument('<worker...>', 'id, or host:process id')
    .description('end the process of a worker as SIGTERM does: it finishes what runs, or gives it back')
    .option('--dry-run', 'say what would be stopped, and do nothing')
    .action(
      act<{ readonly dryRun?: boolean }>(async (call, { dryRun }, names) => {
        if (dryRun) {
          await call.out.item({ wouldStop: names }, () => names.map((name) => `Would stop ${safe(name)}.`));
          return;
        }
        await call.confirm(
          `This ends ${names.length === 1 ? `the worker ${names[0]}` : `${names.length} workers`}.`,
        );
        const { jobs } = await call.open({ broker: 'needed', store: 'if-given' });
        const { isTimeoutSaid, timeoutMs } = call.settings;
        for (const worker of names) {
          const answer = await jobs.workers.stop(worker, { timeout: isTimeoutSaid ? timeoutMs : '1m' });
          await call.out.item({ worker, stop: answer }, () => [
            answer === 'done'
              ? `${safe(worker)} has ended`
              : `${safe(worker)} was told (there is no job store to answer in)`,
          ]);
        }
      }),
    );
}

function columnsFor(call: Call): readonly Column<WorkerView>[] {
  return [
    { head: 'worker', cell: ({ id }) => safe(id) },
    { head: 'since', cell: ({ startedAt }) => call.at(startedAt) },
    { head: 'running', align: 'right', cell: ({ running }) => count(running) },
    {
      head: 'state',
      cell: ({ isQuiet }) => (isQuiet ? call.style('yellow', 'quiet') : call.style('green', 'takes jobs')),
    },
    {
      head: 'rss',
      align: 'right',
      cell: ({ memory }) => `${count(Math.round(memory.rssBytes / 1024 / 1024))} MiB`,
    },
    {
      head: 'lag',
      align: 'right',
      cell: ({ eventLoopLagMs }) => (eventLoopLagMs === undefined ? '-' : `${Math.round(eventLoopLagMs)}ms`),
    },
    { head: 'version', cell: ({ version }) => safe(version) },
    {
      head: 'queues',
      cell: ({ queues }) =>
        queues
          .map(({ queue, concurrency, isHeld }) => `${safe(queue)}:${concurrency}${isHeld ? ' (held)' : ''}`)
          .join(', '),
    },
  ];
}
