import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { currentThread, type Thread } from '../threads/thread-side.js';
import { StopSignals } from './stop-signals.js';
import { withThreadEntry } from './thread-entry.js';

type RootModule = Parameters<typeof NestFactory.createApplicationContext>[0];
type ContextOptions = Parameters<typeof NestFactory.createApplicationContext>[1];

/**
 * Nest's own list has SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP and SIGABRT too: with a listener, a process that crashes
 * would stop answering instead of ending (Node.js documentation, "Signal events"), and keep its jobs.
 */
const HOOKED_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];

/**
 * Starts a worker application: no HTTP, and on SIGTERM or SIGINT it drains, closes and exits with 0; a signal that
 * comes during the boot is obeyed when the boot is over. A second signal ends the process at once, with 1: jobs that
 * were not settled run again elsewhere. Resolves when it takes jobs.
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
  const signals = StopSignals.listen();
  try {
    const app = await withThreadEntry(() => NestFactory.createApplicationContext(root, options));
    app.enableShutdownHooks(HOOKED_SIGNALS, { useProcessExit: true });
    const close = app.close.bind(app);
    app.close = (...given) => close(...given).finally(() => signals.ignore());
    signals.booted();
    return app;
  } catch (error) {
    signals.ignore();
    throw error;
  }
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
