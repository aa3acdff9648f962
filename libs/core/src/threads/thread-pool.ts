import { fileURLToPath } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { ConfigurationError } from '../kernel/errors/index.js';
import type { ThreadSettings } from '../options/settings.js';
import { isThreadHello, type ThreadData, type ThreadTask } from './protocol.js';

/** The pool of threads: the only importer of piscina, which is optional and loaded when a handler asks for threads. */
export interface ThreadPool {
  /**
   * Gives a task to an idle thread, else to a new one. Resolves when that thread is idle again. Rejects when the thread
   * ended before, by itself or because `end` was aborted, which ends it even in the middle of a loop.
   */
  run(task: ThreadTask, end: AbortSignal): Promise<void>;
  /** Ends all threads. */
  destroy(): Promise<void>;
}

export interface ThreadPoolParts {
  readonly settings: ThreadSettings;
  /** File that starts the application. */
  readonly entry: URL;
  /** A thread has started; its end of the link. */
  readonly onLink: (link: MessagePort) => void;
  /** An idle thread ended. */
  readonly onError: (error: unknown) => void;
}

export type OpenThreadPool = (parts: ThreadPoolParts) => ThreadPool;

/** @throws ConfigurationError naming the package that is missing. */
export async function loadThreadPool(
  importPackage: () => Promise<unknown> = () => import('piscina'),
): Promise<OpenThreadPool> {
  let loaded: { readonly Piscina: typeof Piscina };
  try {
    loaded = (await importPackage()) as typeof loaded;
  } catch (cause) {
    throw new ConfigurationError(
      [
        "Handlers with isolation: 'thread' need the package piscina, which could not be loaded: npm install piscina",
      ],
      { cause },
    );
  }
  return (parts) => openThreadPool(loaded.Piscina, parts);
}

function openThreadPool(
  Pool: typeof Piscina,
  { settings, entry, onLink, onError }: ThreadPoolParts,
): ThreadPool {
  const workerData: ThreadData = { entry: entry.href };
  const pool = new Pool({
    filename: fileURLToPath(new URL('./thread.js', import.meta.url)),
    name: 'runJob',
    minThreads: 0,
    maxThreads: settings.max,
    concurrentTasksPerWorker: 1,
    // Starting the application again costs more than a thread that waits.
    idleTimeout: Infinity,
    // Otherwise an idle thread stands still, and with it the timers and connections of its application.
    atomics: 'disabled',
    workerData,
    argv: process.argv.slice(2),
    ...(settings.maxHeapBytes !== undefined && {
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(settings.maxHeapBytes / (1024 * 1024)) },
    }),
  });
  pool.on('message', (message: unknown) => {
    if (isThreadHello(message)) onLink(message.warrenLink);
  });
  pool.on('error', onError);
  return {
    run: (task, end) => pool.run(task, { signal: end }) as Promise<void>,
    destroy: () => pool.destroy(),
  };
}
