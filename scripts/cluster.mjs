/**
 * `npm run cluster`: private RabbitMQ nodes joined to a cluster on this machine, until Ctrl-C. Exit codes: 0 ended by
 * Ctrl-C or SIGTERM, 1 it could not be started, 2 wrong flags.
 */
import { parseArgs } from 'node:util';
import { flagsOrExit } from './flags.mjs';
import { Interrupt } from './interrupt.mjs';
import { startCluster } from './services/rabbitmq-cluster.mjs';

const USAGE = `Usage: npm run cluster -- [--nodes N]

  --nodes N   how many nodes, 1 to 7 (default 3)
  --help      show this

Needs the programs rabbitmq-server and rabbitmqctl: those of WARREN_TEST_RABBITMQ_SBIN, the installed ones, or, as
root, those of apt-get install.`;

function readFlags(args) {
  try {
    const { values } = parseArgs({
      args,
      options: { nodes: { type: 'string', default: '3' }, help: { type: 'boolean', short: 'h' } },
    });
    if (/^[1-7]$/.test(values.nodes)) {
      return { options: { size: Number(values.nodes), help: values.help } };
    }
    return { problem: `--nodes ${values.nodes}: give a whole number from 1 to 7.` };
  } catch (error) {
    return { problem: error.message };
  }
}

const { size } = flagsOrExit('cluster', USAGE, readFlags);

const { signal } = new Interrupt();
const say = (what) => console.log(`cluster: ${what}`);
const interrupted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
// An abort alone keeps no process alive.
const alive = setInterval(() => undefined, 60_000);
try {
  const cluster = await startCluster({ size, signal, say });
  try {
    for (const { name, url } of cluster.nodes) say(`${name} at ${url}`);
    console.log(`\nWARREN_URL=${cluster.urls.join(',')}\n`);
    say('runs until Ctrl-C');
    await interrupted;
    say('ending all nodes');
  } finally {
    await cluster.stop();
  }
} catch (error) {
  if (!signal.aborted) console.error(`cluster: failed: ${error.message}`);
  process.exitCode = signal.aborted ? 0 : 1;
} finally {
  clearInterval(alive);
}
