/**
 * Finds or starts the services that tests, benchmarks and the demo run over:
 *   1. the URL in RABBITMQ_URL or REDIS_URL
 *   2. a server on the default port of this machine
 *   3. `docker compose` with the docker-compose.yml of this repository, on free ports
 *   4. installed programs, as private processes on free ports
 *   5. `apt-get install`, when run as root, and then as 4
 * What was started here is stopped and its data removed by `stop()`; what was found is left alone.
 */
import { installWithApt } from './services/apt.mjs';
import { startWithCompose } from './services/compose.mjs';
import { startRabbitMq } from './services/rabbitmq.mjs';
import { startRedis } from './services/redis.mjs';
import { SERVICES } from './services/kinds.mjs';

/**
 * @param wanted which services are needed
 * @param say told of each step that takes time
 * @returns {Promise<{rabbitmqUrl?: string, managementUrl?: string, redisUrl?: string, how: string, stop(): Promise<void>}>}
 * @throws when a service cannot be had, with what was tried and what to do
 */
export async function findOrStartServices({ rabbitmq = false, redis = false, say = () => {} }) {
  const wanted = [rabbitmq && 'rabbitmq', redis && 'redis'].filter(Boolean);
  const had = new Map();
  const tried = [];
  for (const name of wanted) {
    const found = await find(name, tried);
    if (found) had.set(name, found);
  }
  const missing = wanted.filter((name) => !had.has(name));
  if (missing.length > 0) {
    const started = await startMissing(missing, tried, say);
    for (const [name, service] of started) had.set(name, service);
  }
  return {
    rabbitmqUrl: had.get('rabbitmq')?.url,
    /** Of a broker that was started here; of one that was found it is not known. */
    managementUrl: had.get('rabbitmq')?.managementUrl,
    redisUrl: had.get('redis')?.url,
    how: wanted.map((name) => `${SERVICES[name].title} ${had.get(name).how}`).join(', '),
    stop: async () => {
      for (const service of had.values()) await service.stop?.();
    },
  };
}

async function find(name, tried) {
  const { title, variable, defaultUrl, probe } = SERVICES[name];
  const given = process.env[variable];
  if (given) {
    const problem = await probe(given);
    if (problem === undefined) return { url: given, how: `of ${variable}` };
    throw new Error(
      `${variable} is set, but no ${title} can be used there: ${problem}. Correct it, or unset it to let one be found or started.`,
    );
  }
  const problem = await probe(defaultUrl);
  if (problem === undefined) return { url: defaultUrl, how: `found at ${new URL(defaultUrl).host}` };
  tried.push(`a ${title} at ${new URL(defaultUrl).host}: ${problem}`);
  return undefined;
}

async function startMissing(missing, tried, say) {
  for (const way of [startWithCompose, startInstalled, installAndStart]) {
    const result = await way(missing, say);
    if (result.services) return result.services;
    tried.push(result.problem);
  }
  const titles = missing.map((name) => SERVICES[name].title).join(' and ');
  const variables = missing.map((name) => `${SERVICES[name].variable}=${SERVICES[name].example}`).join(' ');
  throw new Error(
    `${titles} is needed, and there is none. Tried:\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      `Do one of these:\n` +
      `  - start one and name it: ${variables} npm test\n` +
      `  - install Docker with its compose plugin and start it\n` +
      `  - install the programs (${missing.map((name) => SERVICES[name].packageName).join(', ')}), as with apt-get, dnf or brew`,
  );
}

async function startInstalled(missing, say) {
  const starters = { rabbitmq: startRabbitMq, redis: startRedis };
  const services = new Map();
  for (const name of missing) {
    const { service, problem } = await starters[name](say);
    if (service) {
      services.set(name, service);
      continue;
    }
    for (const started of services.values()) await started.stop();
    return { problem };
  }
  return { services };
}

async function installAndStart(missing, say) {
  const problem = installWithApt(
    missing.map((name) => SERVICES[name].packageName),
    say,
  );
  return problem === undefined ? startInstalled(missing, say) : { problem };
}
