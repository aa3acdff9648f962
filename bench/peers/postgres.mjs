/** A private PostgreSQL with the settings of `initdb`: a commit is answered when it is on the disk. */
import { execFile, execFileSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../../scripts/services/ports.mjs';
import { Server, dataFolder, findProgram } from '../../scripts/services/processes.mjs';

const run = promisify(execFile);

const BOOT_LIMIT_MS = 60_000;
const PROBE_LIMIT_MS = 5_000;
const USER = 'bench';
/** Debian keeps the programs of each version here, and out of the PATH. */
const VERSIONS = '/usr/lib/postgresql';

/** Undefined when it can be used, else what is wrong. */
export async function probePostgres(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PROBE_LIMIT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error.message || error.code;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** @returns `{ service: { url, stop } }`, or `{ problem }` */
export async function startPostgres(say) {
  const initdb = findInitdb();
  if (!initdb) return { problem: 'an installed PostgreSQL: there is none' };
  const program = join(dirname(realpathSync(initdb)), 'postgres');
  const port = await freePort();
  say(`starting ${program} on port ${port}`);
  const folder = dataFolder('postgres');
  const data = join(folder, 'data');
  const identity = unprivileged();
  try {
    if (identity.uid !== undefined) chownSync(folder, identity.uid, identity.gid);
    const settings = ['--auth=trust', `--username=${USER}`, '--encoding=UTF8', '--no-locale'];
    await run(initdb, ['--pgdata', data, ...settings], { ...identity, cwd: folder });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return { problem: `${initdb}: ${(error.stderr || error.message).trim()}` };
  }
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    // Files in the folder, which goes with the server; others would outlive a kill.
    dynamic_shared_memory_type: 'mmap',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = new Server(program, ['-D', data, ...args], { env: {}, folder, ...identity });
  const url = `postgres://${USER}@127.0.0.1:${port}/postgres`;
  const problem = await server.untilReady(() => probePostgres(url), BOOT_LIMIT_MS);
  if (problem !== undefined) {
    await server.stop();
    return { problem: `${program}: ${problem}` };
  }
  const stop = () => {
    // At SIGTERM alone it would wait until its clients are gone.
    server.kill('SIGINT');
    return server.stop();
  };
  return { service: { url, stop } };
}

/** The newest of Debian's first. */
function findInitdb() {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => b - a) : [];
  const paths = versions.map((version) => join(VERSIONS, version, 'bin/initdb'));
  return findProgram(...paths, 'initdb', '/opt/homebrew/bin/initdb');
}

/** PostgreSQL refuses to run as root. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  const user = ['postgres', 'nobody'].find((name) => idOf('-u', name) !== undefined);
  return user === undefined ? {} : { uid: idOf('-u', user), gid: idOf('-g', user) };
}

function idOf(kind, user) {
  try {
    return Number(execFileSync('id', [kind, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return undefined;
  }
}
