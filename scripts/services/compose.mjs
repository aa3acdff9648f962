import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from './ports.mjs';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PULL_LIMIT_MS = 300_000;

/** Starts only what is missing, under a project name of its own, and removes it with its data. */
export async function startWithCompose(missing, say) {
  try {
    // Asks the engine, not only the client.
    await run('docker', ['info'], { timeout: 10_000 });
    await run('docker', ['compose', 'version'], { timeout: 10_000 });
  } catch (error) {
    const why =
      error.code === 'ENOENT' ? 'docker is not installed' : firstLine(error.stderr || error.message);
    return { problem: `docker compose: ${why}` };
  }
  const ports = { rabbitmq: await freePort(), management: await freePort(), redis: await freePort() };
  const env = {
    ...process.env,
    RABBITMQ_PORT: String(ports.rabbitmq),
    RABBITMQ_MANAGEMENT_PORT: String(ports.management),
    REDIS_PORT: String(ports.redis),
  };
  const compose = (...args) =>
    run('docker', ['compose', '--project-name', `warren-test-${process.pid}`, ...args], {
      cwd: ROOT,
      env,
      timeout: PULL_LIMIT_MS,
    });
  const stop = async () => {
    await compose('down', '--volumes', '--timeout', '5');
  };
  say(`starting ${missing.join(' and ')} with docker compose`);
  try {
    await compose('up', '--detach', '--wait', ...missing);
  } catch (error) {
    await stop().catch(() => undefined);
    return { problem: `docker compose up: ${firstLine(error.stderr || error.message)}` };
  }
  const urls = {
    rabbitmq: `amqp://guest:guest@127.0.0.1:${ports.rabbitmq}`,
    redis: `redis://127.0.0.1:${ports.redis}`,
  };
  // One `down` ends them all.
  const services = missing.map((name, index) => [
    name,
    {
      url: urls[name],
      managementUrl: name === 'rabbitmq' ? `http://127.0.0.1:${ports.management}` : undefined,
      how: `in docker on port ${ports[name]}`,
      stop: index === 0 ? stop : undefined,
    },
  ]);
  return { services: new Map(services) };
}

function firstLine(text) {
  return text.trim().split('\n')[0];
}
