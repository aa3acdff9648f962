import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { currentThread, type Thread } from '../threads/thread-side.js';
import { withThreadEntry } from './thread-entry.js';

type RootModule = Parameters<typeof NestFactory.createApplicationContext>[0];
type ContextOptions = Parameters<typeof NestFactory.createApplicationContext>[1];

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Starts a worker application: no HTTP, and on SIGTERM or SIGINT it drains, closes and exits with 0; a signal that
 * comes during the boot is obeyed when the boot is over. Resolves when it takes jobs.
 *
 * For handlers with `isolation: 'thread'`, each thread loads the same file again. There this makes the application
 * too, which takes no jobs by itself, and never resolves: what comes after it is done by the main thread alone.
 */
export async function bootstrapWorker(
  root: RootModule,
  options: ContextOptions = {},
): Promise<INestApplicationContext> {
  const thread = currentThread();
  if (thread) return bootstrapThread(thread, root, options);
  let early: NodeJS.Signals | undefined;
  const onEarly = (signal: NodeJS.Signals): void => {
    // Asked twice: the boot may hang. Nothing has been taken from a queue that the broker would not give out again.
    if (early) process.exit(1);
    early = signal;
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onEarly);
  const app = await withThreadEntry(() => NestFactory.createApplicationContext(root, options)).finally(() => {
    for (const signal of STOP_SIGNALS) process.off(signal, onEarly);
  });
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  if (early) process.kill(process.pid, early);
  return app;
}

async function bootstrapThread(thread: Thread, root: RootModule, options: ContextOptions): Promise<never> {
  try {
    // Nest would end the thread, and the main thread would not hear why.
    const app = await NestFactory.createApplicationContext(root, { ...options, abortOnError: false });
    thread.ready(() => app.close());
  } catch (error) {
    thread.failed(error);
  }
  return new Promise(() => undefined);
}
