import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './ports.mjs';
import { Server, dataFolder } from './processes.mjs';
import { probeRabbitMq } from './probe.mjs';

const run = promisify(execFile);

const BOOT_LIMIT_MS = 120_000;
const CTL_LIMIT_MS = 120_000;
const END_LIMIT_MS = 20_000;

/** Erlang's port mapper, for one node or for those of a cluster; a node would leave the one that it starts behind. */
export class PortMapper {
  port;
  #server;

  static async start(programs) {
    const mapper = new PortMapper();
    mapper.port = await freePort();
    if (programs.mapper) {
      const env = { ERL_EPMD_PORT: String(mapper.port), ERL_EPMD_ADDRESS: '127.0.0.1' };
      mapper.#server = new Server(programs.mapper, [], { env, folder: dataFolder('epmd') });
    }
    return mapper;
  }

  async stop() {
    await this.#server?.stop();
  }
}

/**
 * A private node: own name, ports, configuration, cookie and data, on this machine alone. Created -> running -> (killed
 * or ended ->) running ... -> stopped, which takes its data away.
 */
export class RabbitMqNode {
  /** `name@localhost`, as rabbitmqctl knows it. */
  name;
  port;
  /** Undefined: it has no management API. */
  managementUrl;
  #programs;
  #folder;
  #env;
  #server;

  /**
   * @param cookie shared by the nodes of a cluster
   * @param advanced the node's advanced.config, Erlang terms
   */
  static async create(
    programs,
    mapper,
    { cookie = 'warren', advanced = '[].', withManagement = false } = {},
  ) {
    const node = new RabbitMqNode();
    const [port, distributionPort] = [await freePort(), await freePort()];
    const folder = dataFolder('rabbitmq');
    const file = (name, text, options) => {
      const path = join(folder, name);
      writeFileSync(path, text, options);
      return path;
    };
    mkdirSync(join(folder, 'log'));
    file('.erlang.cookie', cookie, { mode: 0o400 });
    node.port = port;
    node.name = `warren-${port}@localhost`;
    const settings = ['disk_free_limit.absolute = 50MB'];
    if (withManagement) {
      const managementPort = await freePort();
      settings.push('management.tcp.ip = 127.0.0.1', `management.tcp.port = ${managementPort}`);
      node.managementUrl = `http://127.0.0.1:${managementPort}`;
    }
    node.#programs = programs;
    node.#folder = folder;
    node.#env = {
      HOME: folder,
      LANG: 'C.UTF-8',
      // One that is killed leaves no dump where the tests were started.
      ERL_CRASH_DUMP_SECONDS: '0',
      RABBITMQ_NODENAME: node.name,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(distributionPort),
      // By default 10,000 above the node's, which may be more than there are.
      RABBITMQ_CTL_DIST_PORT_MIN: '20000',
      RABBITMQ_CTL_DIST_PORT_MAX: '29999',
      ERL_EPMD_PORT: String(mapper.port),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_MNESIA_BASE: join(folder, 'data'),
      RABBITMQ_LOG_BASE: join(folder, 'log'),
      RABBITMQ_PID_FILE: join(folder, 'pid'),
      RABBITMQ_ENABLED_PLUGINS_FILE: file(
        'enabled_plugins',
        withManagement ? '[rabbitmq_management].\n' : '[].\n',
      ),
      RABBITMQ_CONF_ENV_FILE: file('rabbitmq-env.conf', ''),
      RABBITMQ_CONFIG_FILE: file('rabbitmq.conf', `${settings.join('\n')}\n`),
      RABBITMQ_ADVANCED_CONFIG_FILE: file('advanced.config', `${advanced}\n`),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    };
    return node;
  }

  get url() {
    return this.urlFor({});
  }

  urlFor({ user = 'guest', password = 'guest', vhost = '' }) {
    const path = vhost === '' ? '' : `/${encodeURIComponent(vhost)}`;
    return `amqp://${user}:${password}@127.0.0.1:${this.port}${path}`;
  }

  /** Boots it, with the data of its last life if it had one. @throws what its log says */
  async start() {
    const problem = await this.tryStart();
    if (problem !== undefined) throw new Error(`${this.#programs.server} (${this.name}): ${problem}`);
  }

  /** The same; answers what is wrong instead of throwing it. */
  async tryStart() {
    rmSync(this.#env.RABBITMQ_PID_FILE, { force: true });
    this.#server = new Server(this.#programs.server, [], { env: this.#env, folder: this.#folder });
    return this.#server.untilReady(() => probeRabbitMq(this.url), BOOT_LIMIT_MS);
  }

  /** Of the virtual machine that is the node, not of the shell that started it. */
  get pid() {
    return Number(readFileSync(this.#env.RABBITMQ_PID_FILE, 'utf8'));
  }

  /** kill -9 of the node; resolves when it is gone. Its data stays. */
  async kill() {
    const { pid } = this;
    process.kill(pid, 'SIGKILL');
    const deadlineAt = Date.now() + END_LIMIT_MS;
    while (isAlive(pid)) {
      if (Date.now() > deadlineAt) throw new Error(`${this.name} (pid ${pid}) is still there after SIGKILL.`);
      await wait(10);
    }
    // What is left of it: the shell, and helpers.
    await this.#server.end();
  }

  /** Ends it in order. Its data stays. */
  async end() {
    await this.#server?.end();
  }

  /** Stops it where it is: connections stay open, and nothing answers. */
  freeze() {
    process.kill(this.pid, 'SIGSTOP');
  }

  thaw() {
    process.kill(this.pid, 'SIGCONT');
  }

  /** What rabbitmqctl writes to stdout. @throws what it complains of */
  async ctl(...args) {
    try {
      const { stdout } = await run(this.#programs.ctl, ['--quiet', ...args], {
        env: { ...process.env, ...this.#env },
        timeout: CTL_LIMIT_MS,
      });
      return stdout.trim();
    } catch (error) {
      const said = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim() || error.message;
      throw new Error(`rabbitmqctl ${args.join(' ')} (${this.name}): ${said}`, { cause: error });
    }
  }

  /** Ends it and takes its data away. */
  async stop() {
    if (existsSync(this.#env.RABBITMQ_PID_FILE)) this.#wake();
    await this.#server?.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A node that stands still hears no SIGTERM. */
  #wake() {
    try {
      this.thaw();
    } catch {
      // It has ended.
    }
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
