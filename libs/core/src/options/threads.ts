import { pathToFileURL } from 'node:url';
import type { Duration } from '../kernel/duration.js';
import { kindOf, optional, withDefault, type Declares, type Kind } from './describe.js';
import { durationBetween, wholeNumber } from './kinds.js';
import type { ThreadSettings } from './settings.js';

/** The worker threads of handlers with `isolation: 'thread'`, under `worker.threads` of the module. */
export interface ThreadOptions {
  /**
   * File that starts the application in a thread: a path or `new URL('./worker.js', import.meta.url)` of a compiled
   * file that calls `bootstrapWorker`. Default: the file that this process was started with, if it calls
   * `bootstrapWorker`.
   */
  readonly entry?: string | URL;
  /** Threads at most. Default: one less than the machine has cores, at least 1, and no more than `concurrency`. */
  readonly max?: number;
  /** Longest time until a new thread has started the application. Default 1 min. */
  readonly startTimeout?: Duration;
  /** Heap of one thread at most, in bytes; above it the thread ends. Default: Node's. */
  readonly maxHeapBytes?: number;
}

/** Each thread holds an application of its own: more of them would be a mistake in the unit. */
const MOST_THREADS = 1_024;

/** V8 does not start with much less. */
const LEAST_HEAP_BYTES = 16 * 1024 * 1024;

const file: Kind<URL> = kindOf(
  "a path or file URL: new URL('./worker.js', import.meta.url)",
  (value) => (value instanceof URL ? value.protocol === 'file:' : isFile(value)),
  (value) => {
    if (value instanceof URL) return value;
    const text = value as string;
    return text.startsWith('file:') ? new URL(text) : pathToFileURL(text);
  },
);

function isFile(value: unknown): boolean {
  if (typeof value !== 'string' || value === '') return false;
  return value.startsWith('file:') ? URL.canParse(value) : !/^[a-z]{2,}:/i.test(value);
}

export const THREADS = {
  entry: optional(
    file,
    'File that starts the application in a thread: one that calls `bootstrapWorker`.',
    'the file that the process was started with, if it calls `bootstrapWorker`',
  ),
  max: optional(
    wholeNumber(1, MOST_THREADS),
    'Threads at most.',
    'one less than the machine has cores, at least 1, and no more than `concurrency`',
  ),
  startTimeout: withDefault(
    durationBetween(1),
    'Longest time until a new thread has started the application.',
    '1m',
  ),
  maxHeapBytes: optional(
    wholeNumber(LEAST_HEAP_BYTES),
    'Heap of one thread at most, in bytes; above it the thread ends.',
    "Node's",
  ),
} satisfies Declares<ThreadOptions>;

/** Of options without problems. */
export function threadSettings(
  options: ThreadOptions,
  { concurrency, cores }: { readonly concurrency: number; readonly cores: number },
): ThreadSettings {
  return Object.freeze({
    entry: THREADS.entry.resolve(options.entry),
    // One core stays for the main thread, on which everything else runs.
    max: THREADS.max.resolve(options.max) ?? Math.max(1, Math.min(concurrency, cores - 1)),
    startTimeoutMs: THREADS.startTimeout.resolve(options.startTimeout),
    maxHeapBytes: THREADS.maxHeapBytes.resolve(options.maxHeapBytes),
  });
}
