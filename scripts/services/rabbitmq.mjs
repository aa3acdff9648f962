import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Server, dataFolder, findProgram, freePort } from './processes.mjs';
import { probeRabbitMq } from './probe.mjs';

const BOOT_LIMIT_MS = 120_000;

/** The server's own script first: Debian's /usr/sbin one insists on root and then on the user rabbitmq. */
const PROGRAMS = [
  '/usr/lib/rabbitmq/bin/rabbitmq-server',
  'rabbitmq-server',
  '/opt/homebrew/sbin/rabbitmq-server',
  '/usr/local/sbin/rabbitmq-server',
];

/** Starts a private node with its management API: own name, ports, port mapper, configuration, cookie and data. */
export async function startRabbitMq(say) {
  const program = findProgram(...PROGRAMS);
  if (!program) return { problem: 'an installed rabbitmq-server: there is none' };
  const [port, managementPort] = [await freePort(), await freePort()];
  const [distributionPort, mapperPort] = [await freePort(), await freePort()];
  say(`starting ${program} on port ${port}`);
  const folder = dataFolder('rabbitmq');
  const file = (name, text) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  mkdirSync(join(folder, 'log'));
  const env = {
    HOME: folder,
    RABBITMQ_NODENAME: `warren-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    ERL_EPMD_PORT: String(mapperPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins', '[rabbitmq_management].\n'),
    RABBITMQ_CONF_ENV_FILE: file('rabbitmq-env.conf', ''),
    RABBITMQ_CONFIG_FILE: file(
      'rabbitmq.conf',
      `disk_free_limit.absolute = 50MB\nmanagement.tcp.port = ${managementPort}\nmanagement.tcp.ip = 127.0.0.1\n`,
    ),
    RABBITMQ_ADVANCED_CONFIG_FILE: file('advanced.config', '[].\n'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
  // A port mapper of our own, as the node would leave the one that it starts behind.
  const mapperProgram = findProgram('epmd', '/usr/lib/erlang/bin/epmd');
  const mapper = mapperProgram && new Server(mapperProgram, [], { env, folder: dataFolder('epmd') });
  const server = new Server(program, [], { env, folder });
  const stop = async () => {
    await server.stop();
    await mapper?.stop();
  };
  const url = `amqp://guest:guest@127.0.0.1:${port}`;
  const problem = await server.untilReady(() => probeRabbitMq(url), BOOT_LIMIT_MS);
  if (problem !== undefined) {
    await stop();
    return { problem: `${program}: ${problem}` };
  }
  const managementUrl = `http://127.0.0.1:${managementPort}`;
  return { service: { url, managementUrl, how: `started on port ${port}`, stop } };
}
