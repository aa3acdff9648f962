import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

type RootModule = Parameters<typeof NestFactory.createApplicationContext>[0];
type ContextOptions = Parameters<typeof NestFactory.createApplicationContext>[1];

/**
 * Starts a worker application: no HTTP, and on SIGTERM or SIGINT it drains, closes and exits with 0. Resolves when
 * it takes jobs.
 */
export async function bootstrapWorker(
  root: RootModule,
  options: ContextOptions = {},
): Promise<INestApplicationContext> {
  const app = await NestFactory.createApplicationContext(root, options);
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  return app;
}
