import { dirname, join } from 'node:path';
import { installWithApt } from './apt.mjs';
import { findProgram } from './processes.mjs';

/** A folder with `rabbitmq-server` and `rabbitmqctl` of the version to use, instead of the installed one. */
const FOLDER_VARIABLE = 'WARREN_TEST_RABBITMQ_SBIN';

/** The server's own script first: Debian's /usr/sbin one insists on root and then on the user rabbitmq. */
const SERVERS = [
  '/usr/lib/rabbitmq/bin/rabbitmq-server',
  'rabbitmq-server',
  '/opt/homebrew/sbin/rabbitmq-server',
  '/usr/local/sbin/rabbitmq-server',
];

/** @returns `{ server, ctl, mapper }`, paths of programs; `mapper` may be missing. Undefined: there is no server. */
export function findRabbitMqPrograms() {
  const folder = process.env[FOLDER_VARIABLE];
  if (folder) return programsIn(folder);
  const server = findProgram(...SERVERS);
  return server && programsBeside(server);
}

/** The same, installed with apt-get when there are none and that can be done. @throws what to do when it cannot */
export function needRabbitMqPrograms(say) {
  const found = findRabbitMqPrograms();
  if (found) return found;
  const problem = installWithApt(['rabbitmq-server'], say);
  const installed = problem === undefined && findRabbitMqPrograms();
  if (installed) return installed;
  throw new Error(
    `Private RabbitMQ nodes need the programs rabbitmq-server and rabbitmqctl, and there are none (${problem ?? 'not found after their installation'}). ` +
      `Install the package rabbitmq-server (apt-get, dnf or brew), or name a folder that holds both: ${FOLDER_VARIABLE}=/path/to/sbin`,
  );
}

function programsIn(folder) {
  const server = findProgram(join(folder, 'rabbitmq-server'));
  const ctl = findProgram(join(folder, 'rabbitmqctl'));
  if (server && ctl) return programsBeside(server);
  throw new Error(
    `${FOLDER_VARIABLE} is ${folder}, but ${server ? 'rabbitmqctl' : 'rabbitmq-server'} is no program there. Name a folder that holds both, or unset it to use what is installed.`,
  );
}

function programsBeside(server) {
  const folder = dirname(server);
  return {
    server,
    ctl: join(folder, 'rabbitmqctl'),
    mapper: findProgram(join(folder, 'epmd'), 'epmd', '/usr/lib/erlang/bin/epmd'),
  };
}
