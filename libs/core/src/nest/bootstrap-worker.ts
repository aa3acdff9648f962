import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { StopSignals } from './stop-signals.js';

type RootModule = Parameters<typeof NestFactory.createApplicationContext>[0];
type ContextOptions = Parameters<typeof NestFactory.createApplicationContext>[1];

/**
 * Starts a worker application: no HTTP, and on SIGTERM or SIGINT it drains, closes and exits with 0; a signal that
 * comes during the boot is obeyed when the boot is over. A second signal ends the process at once, with 1: jobs that
 * were not settled run again elsewhere. Resolves when it takes jobs.
 */
export async function bootstrapWorker(
  root: RootModule,
  options: ContextOptions = {},
): Promise<INestApplicationContext> {
  const signals = StopSignals.listen();
  try {
    const app = await NestFactory.createApplicationContext(root, options);
    app.enableShutdownHooks(undefined, { useProcessExit: true });
    const close = app.close.bind(app);
    app.close = (...given) => close(...given).finally(() => signals.ignore());
    signals.booted();
    return app;
  } catch (error) {
    signals.ignore();
    throw error;
  }
}
