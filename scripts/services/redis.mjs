import { freePort } from './ports.mjs';
import { Server, dataFolder, findProgram } from './processes.mjs';
import { probeRedis } from './probe.mjs';

const BOOT_LIMIT_MS = 30_000;

/** @param more settings beside those that keep nothing on the disk */
export async function startRedis(say, more = {}) {
  const program = findProgram('redis-server', 'valkey-server', '/opt/homebrew/bin/redis-server');
  if (!program) return { problem: 'an installed redis-server or valkey-server: there is none' };
  const port = await freePort();
  say(`starting ${program} on port ${port}`);
  const folder = dataFolder('redis');
  const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder, ...more };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = new Server(program, args, { env: {}, folder });
  const url = `redis://127.0.0.1:${port}`;
  const problem = await server.untilReady(() => probeRedis(url), BOOT_LIMIT_MS);
  if (problem !== undefined) {
    await server.stop();
    return { problem: `${program}: ${problem}` };
  }
  return { service: { url, how: `started on port ${port}`, stop: () => server.stop() } };
}
