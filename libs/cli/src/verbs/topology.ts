import type { Command } from 'commander';
import type { BrokerObject, Finding } from 'nestjs-warren/operate';
import type { Act } from '../act.js';
import { EXIT } from '../exit-codes.js';
import { safe } from '../output/safe-text.js';
import type { Column } from '../output/table.js';
import { findingColumns, notConnected } from './findings.js';

/** `warren topology ...`: what the application has at the broker, and what differs from it there. */

const QUEUE_HELP = 'queues with their options come from the profile; those named here have the default ones';

export function addTopology(program: Command, act: Act): void {
  const topology = program
    .command('topology')
    .description('exchanges, queues and bindings: as they should be, and as they are');

  topology
    .command('show')
    .argument('[queue...]', QUEUE_HELP)
    .description('what there should be; the broker is not asked')
    .action(
      act(async (call, _flags, queues) => {
        const { settings } = call;
        const url = settings.amqp ?? 'amqp://localhost';
        const { describeTopology } = await import('../topology-objects.js');
        const list = call.out.list({ columns: OBJECT_COLUMNS, empty: 'Nothing.' });
        for (const object of await describeTopology(url, settings, queues)) await list.add(object);
        await list.end();
      }),
    );

  topology
    .command('check')
    .argument('[queue...]', QUEUE_HELP)
    .description('compare with the broker, and change nothing; exit 5 when something is to be mended')
    .action(
      act(async (call, _flags, queues) => {
        const { jobs, problem } = await call.open({ broker: 'try', queues });
        const { ok, findings } = problem
          ? { ok: false, findings: [notConnected(problem)] }
          : await jobs.topology.check({ timeout: call.settings.timeoutMs });
        const list = call.out.list<Finding>({ columns: findingColumns(call.style), empty: 'Nothing.' });
        for (const finding of findings) await list.add(finding);
        await list.end();
        return ok ? EXIT.ok : EXIT.checkFailed;
      }),
    );

  topology
    .command('apply')
    .argument('[queue...]', QUEUE_HELP)
    .description('make what is missing; what is there otherwise than wanted stays as it is')
    .option('--dry-run', 'compare, and make nothing')
    .action(
      act<{ readonly dryRun?: boolean }>(async (call, { dryRun }, queues) => {
        if (dryRun) {
          const { jobs, problem } = await call.open({ broker: 'try', queues });
          const findings = problem
            ? [notConnected(problem)]
            : (await jobs.topology.check({ timeout: call.settings.timeoutMs })).findings;
          const list = call.out.list<Finding>({ columns: findingColumns(call.style), empty: 'Nothing.' });
          for (const finding of findings.filter(({ level }) => level !== 'ok')) await list.add(finding);
          await list.end();
          return;
        }
        const { jobs } = await call.open({ broker: 'needed', declares: true, queues });
        const made = await jobs.topology.apply();
        await call.out.item({ application: call.settings.appName, queues: made }, () => [
          `Exchanges and delay levels of ${safe(call.settings.appName)} are there${made.length === 0 ? '' : `, and the queues ${made.map(safe).join(', ')}`}.`,
        ]);
      }),
    );
}

const OBJECT_COLUMNS: readonly Column<BrokerObject>[] = [
  { head: 'kind', cell: ({ kind }) => safe(kind) },
  { head: 'name', cell: ({ name }) => safe(name) },
  {
    head: 'how',
    cell: ({ facts }) =>
      Object.entries(facts)
        .map(([key, value]) => safe(`${key}=${value}`))
        .join(' '),
  },
];
