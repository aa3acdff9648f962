import { Command, Option } from 'commander';
import type { Act } from './act.js';
import { addCompletion } from './verbs/completion.js';
import { addDead } from './verbs/dead.js';
import { addDoctor } from './verbs/doctor.js';
import { addInfo } from './verbs/info.js';
import { addJobs } from './verbs/jobs.js';
import { addMetrics } from './verbs/metrics.js';
import { addProcess } from './verbs/process.js';
import { addQueues } from './verbs/queues.js';
import { addSchedules } from './verbs/schedules.js';
import { addTop } from './verbs/top.js';
import { addTopology } from './verbs/topology.js';
import { addWorkers } from './verbs/workers.js';
import { FORMATS } from './output/printer.js';
import { TIME_STYLES } from './output/time.js';
import { ownVersion } from './version.js';

/** The tree of verbs. It only declares: what a verb needs is loaded when it runs. */
export function createProgram(act: Act): Command {
  const program = new Command('warren')
    .description('See and mend background jobs of nestjs-warren.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showSuggestionAfterError(true)
    .exitOverride();
  for (const option of globalOptions()) program.addOption(option);
  for (const add of [
    addInfo,
    addTop,
    addDoctor,
    addJobs,
    addQueues,
    addDead,
    addSchedules,
    addWorkers,
    addTopology,
    addMetrics,
    addProcess,
    addCompletion,
  ]) {
    add(program, act);
  }
  program.addHelpText(
    'after',
    '\nExit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 cannot connect, 5 check failed, 6 partly failed,\n7 refused, 130 interrupted.',
  );
  return program;
}

/** Each can be said by a variable too: `--app-name` is WARREN_APP_NAME. */
function globalOptions(): Option[] {
  return [
    new Option('--amqp <url>', 'broker: amqp://user:password@host:5672/vhost (WARREN_AMQP)'),
    new Option('--management <url>', "RabbitMQ's management API: http://host:15672 (WARREN_MANAGEMENT)"),
    new Option('--redis <url>', 'job store: redis://host:6379 (WARREN_REDIS)'),
    new Option(
      '--app-name <name>',
      'first part of all names at the broker (WARREN_APP_NAME; default: warren)',
    ),
    new Option('--profile <name>', 'which profile of the config file (WARREN_PROFILE)'),
    new Option(
      '--config <file>',
      'config file (WARREN_CONFIG; default: ./warren.config.json, then ~/.config/warren/config.json)',
    ),
    new Option('-o, --output <format>', `${FORMATS.join(', ')} (WARREN_OUTPUT; default: text)`),
    new Option('--no-color', 'no colours (also NO_COLOR; FORCE_COLOR turns them on)'),
    new Option('-q, --quiet', 'no remarks and no progress on stderr (WARREN_QUIET)'),
    new Option('-v, --verbose', "the runtime's own log on stderr (WARREN_VERBOSE)"),
    new Option('--time <style>', `instants as ${TIME_STYLES.join(', ')} (WARREN_TIME; default: local)`),
    new Option(
      '--timeout <duration>',
      'longest wait for broker, store and workers (WARREN_TIMEOUT; default: 10s)',
    ),
    new Option('-y, --yes', 'ask nothing before something is destroyed (WARREN_YES)'),
  ];
}
