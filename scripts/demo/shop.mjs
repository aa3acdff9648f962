import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../services/ports.mjs';
import { App } from './apps.mjs';
import { Ledger } from './ledger.mjs';
import { forgetJobs } from './remembered.mjs';
import { ShopClient } from './shop-client.mjs';

/** The shop's processes: one over memory, API and worker over RabbitMQ. */

/** Compiling both apps on a busy machine takes its time. */
const BOOT_LIMIT_MS = 120_000;
const LOOK_EVERY_MS = 100;

const QUEUES = ['email', 'payment', 'invoice', 'webhook', 'report'];

/** Builds and starts the shop over the broker; resolves when it answers and takes jobs. */
export async function startShop(context, { world, broker, outputDir }) {
  const { screen, signal } = context;
  const connection = await connectionTo(broker, context);
  const port = await freePort();
  const env = {
    ...connection,
    SHOP_REMINDER_DELAY: '2s',
    // What the orders ask for is counted, at night too.
    SHOP_SCHEDULES: 'off',
    SHOP_OUTPUT: outputDir,
    SMTP_URL: world.sink.url,
    GATEWAY_URL: world.gateway.url,
    HOST: '127.0.0.1',
    PORT: String(port),
  };
  const names = broker === 'rabbitmq' ? ['sample-worker', 'sample-api'] : ['sample-api'];
  const ledger = new Ledger(names.map((name) => join(outputDir, `${name}.jsonl`)));
  screen.step(`building and starting ${names.join(' and ')}`);
  const apps = names.map((name) => {
    const app = new App(name, {
      env: { ...env, SHOP_LEDGER: join(outputDir, `${name}.jsonl`) },
      logFile: join(outputDir, `${name}.log`),
      onUnexpectedExit: context.onUnexpectedExit,
    });
    context.cleanups.add(name, () => app.stop());
    return app;
  });

  const client = new ShopClient(`http://127.0.0.1:${port}`, signal);
  await client.healthy(BOOT_LIMIT_MS);
  await untilWorking(ledger, signal);
  screen.step('the shop is open');

  /** The API first, so that nothing new comes. @returns what was not as it must be */
  const stop = async () => {
    screen.step('stopping the shop');
    const problems = [];
    for (const app of apps.toReversed()) {
      const code = await app.stop();
      if (code !== 0) problems.push(`${app.name} ended with exit code ${code} instead of 0 after SIGTERM`);
    }
    return problems;
  };
  return { client, ledger, hasStore: broker === 'memory' || connection.REDIS_URL !== '', stop };
}

/** Jobs are remembered in the one process, or in the Redis of REDIS_URL; without that, by nobody. */
async function connectionTo(broker, { cleanups, screen }) {
  if (broker === 'memory') return { RABBITMQ_URL: '', REDIS_URL: '' };
  screen.step('looking for RabbitMQ');
  const { findOrStartServices } = await import('../services.mjs');
  const { removeApp } = await import('../broker-objects.mjs');
  const services = await findOrStartServices({ rabbitmq: true, redis: Boolean(process.env.REDIS_URL) });
  cleanups.add('services', () => services.stop());
  screen.step(services.how);
  // A name of its own for each run: what an earlier one left behind cannot disturb.
  const app = `demo-${randomBytes(4).toString('hex')}`;
  cleanups.add('queues', () => removeApp(services.rabbitmqUrl, app, QUEUES));
  const { redisUrl } = services;
  if (redisUrl) cleanups.add('remembered jobs', () => forgetJobs(redisUrl, app));
  return { RABBITMQ_URL: services.rabbitmqUrl, REDIS_URL: redisUrl ?? '', SHOP_APP: app };
}

async function untilWorking(ledger, signal) {
  const deadlineAt = Date.now() + BOOT_LIMIT_MS;
  while (ledger.workersStarted === 0) {
    if (Date.now() > deadlineAt) throw new Error(`no worker took jobs within ${BOOT_LIMIT_MS / 1000} s`);
    await wait(LOOK_EVERY_MS, undefined, { signal });
    await ledger.read();
  }
}
