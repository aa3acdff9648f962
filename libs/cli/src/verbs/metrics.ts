import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Act } from '../act.js';
import { CliError, EXIT } from '../exit-codes.js';

const PACKAGE = 'nestjs-warren-telemetry';

/** `warren metrics alerts|grafana`: the files that the telemetry package brings, to be piped where they belong. */
export function addMetrics(program: Command, act: Act): void {
  const metrics = program.command('metrics').description('files for Prometheus and Grafana');
  const print = (file: string) => act(async (call) => call.out.raw(await readFile(pathOf(file), 'utf8')));
  metrics.command('alerts').description('print alert rules for Prometheus').action(print('alerts.yml'));
  metrics.command('grafana').description('print a dashboard for Grafana').action(print('grafana.json'));
}

/** Beside this package, or in the project where the command is called. */
function pathOf(file: string): string {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return createRequire(from).resolve(`${PACKAGE}/assets/${file}`);
    } catch {
      // The next one.
    }
  }
  throw new CliError(
    EXIT.notFound,
    `${file} comes with the package ${PACKAGE}, which is not installed here.`,
    `npm install ${PACKAGE}`,
  );
}
