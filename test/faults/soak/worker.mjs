/**
 * A worker process for fault tests and the soak. Its jobs say how long they take and how they end, and each run is
 * written to the ledger. Decorators are called by hand because this file is not compiled.
 */
import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { JobHandler, JobsModule, bootstrapWorker, fixed } from 'nestjs-warren';
import { LedgerWriter } from './ledger.mjs';

const { RABBITMQ_URL, SOAK_APP, SOAK_FOLDER, SOAK_LEDGER, SOAK_CONCURRENCY, SOAK_HEARTBEAT } = process.env;
const { SOAK_TIMEOUT, SOAK_PUBLISH_TIMEOUT, SOAK_SHUTDOWN_TIMEOUT } = process.env;
const MEMORY_EVERY_MS = 500;

const ledger = new LedgerWriter(join(SOAK_FOLDER, `${SOAK_LEDGER}.ledger`));

/** Ways to take the process along. */
const DEATHS = {
  exit: () => process.exit(1),
  segfault: () => process.kill(process.pid, 'SIGSEGV'),
  outOfMemory() {
    const hoard = [];
    for (;;) hoard.push(new Array(100_000).fill(hoard.length));
  },
};

class Soak {
  async run({ number, ms = 0, fate = 'complete', hold }, job) {
    const { attempt, signal } = job;
    if (fate in DEATHS) {
      await ledger.write('started', number, attempt);
      DEATHS[fate]();
    }
    if (hold) {
      await ledger.write('started', number, attempt);
      while (!existsSync(join(SOAK_FOLDER, hold))) await wait(20, undefined, { signal });
    } else {
      ledger.note('started', number, attempt);
    }
    if (ms > 0) await wait(ms, undefined, { signal });
    if (fate === 'fail' || (fate === 'failOnce' && attempt === 1)) {
      await ledger.write('failed', number, attempt);
      throw new Error(`job ${number} fails in attempt ${attempt}, as it was told`);
    }
    await ledger.write('finished', number, attempt);
  }
}
JobHandler('soak:job', { attempts: 3, backoff: fixed('100ms'), timeout: SOAK_TIMEOUT })(
  Soak.prototype,
  'run',
  Object.getOwnPropertyDescriptor(Soak.prototype, 'run'),
);

class WorkerModule {}
Module({
  imports: [
    JobsModule.forRoot({
      url: RABBITMQ_URL.split(','),
      app: SOAK_APP,
      connectionHeartbeat: SOAK_HEARTBEAT ?? '10s',
      queues: { soak: JSON.parse(process.env.SOAK_QUEUE ?? '{}') },
      publishTimeout: SOAK_PUBLISH_TIMEOUT,
      worker: { concurrency: Number(SOAK_CONCURRENCY ?? 10), shutdownTimeout: SOAK_SHUTDOWN_TIMEOUT },
    }),
  ],
  providers: [Soak],
})(WorkerModule);

// Nobody would end it, once its parent is gone.
process.on('disconnect', () => process.exit(1));
process.channel.unref();

await bootstrapWorker(WorkerModule, { logger: ['error', 'warn', 'log'] });
const tell = (event) => process.connected && process.send(event, () => {});
tell({ ready: true });
setInterval(() => tell({ memoryBytes: process.memoryUsage.rss() }), MEMORY_EVERY_MS).unref();
