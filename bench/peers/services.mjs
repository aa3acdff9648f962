/**
 * The servers of the peers beside RabbitMQ and Redis, each from the first of these that works:
 *   1. the URL in its variable
 *   2. an installed program, as a private process on a free port
 *   3. `apt-get install`, when run as root, and then as 2
 */
import { installWithApt } from '../../scripts/services/apt.mjs';
import { startRedis } from '../../scripts/services/redis.mjs';
import { probePostgres, startPostgres } from './postgres.mjs';
import { SYNCED, probeSyncedRedis } from './synced-redis.mjs';

const NEEDED = {
  pgUrl: {
    title: 'PostgreSQL',
    variable: 'PG_URL',
    example: 'postgres://user:password@host:5432/database',
    packageName: 'postgresql',
    probe: probePostgres,
    start: startPostgres,
  },
  syncedRedisUrl: {
    title: 'A Redis with appendfsync always',
    variable: 'REDIS_FSYNC_URL',
    example: 'redis://host:6379',
    packageName: 'redis-server',
    probe: probeSyncedRedis,
    start: (say) => startRedis(say, SYNCED),
  },
};

/** @throws when one cannot be had, with what was tried and what to do; nothing is left running then */
export async function findOrStartPeerServices(say) {
  const services = new Map();
  const stop = async () => {
    for (const service of services.values()) await service.stop?.();
  };
  try {
    for (const [name, needed] of Object.entries(NEEDED)) {
      services.set(name, (await find(needed)) ?? (await start(needed, say)));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...Object.fromEntries([...services].map(([name, { url }]) => [name, url])), stop };
}

async function find({ title, variable, probe }) {
  const url = process.env[variable];
  if (!url) return undefined;
  const problem = await probe(url);
  if (problem === undefined) return { url };
  throw new Error(
    `${title} is needed, and that of ${variable} cannot be used: ${problem}. Correct the variable, or unset it to let a server be started.`,
  );
}

async function start(needed, say) {
  const { title, variable, example, packageName } = needed;
  const installed = await needed.start(say);
  if (installed.service) return installed.service;
  const problem = installWithApt([packageName], say);
  const fresh = problem === undefined ? await needed.start(say) : { problem };
  if (fresh.service) return fresh.service;
  throw new Error(
    `${title} is needed for the peers, and there is none. Tried:\n  - ${installed.problem}\n  - ${fresh.problem}\n` +
      `Do one of these:\n` +
      `  - start one and name it: ${variable}=${example} npm run bench -- --peers\n` +
      `  - install the package ${packageName}, as with apt-get, dnf or brew`,
  );
}
