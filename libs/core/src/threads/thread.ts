import { fileURLToPath } from 'node:url';
import { MessageChannel, parentPort, workerData } from 'node:worker_threads';
import type { ThreadData, ThreadHello, ThreadTask } from './protocol.js';
import { ThreadSide } from './thread-side.js';

/**
 * The file that the pool loads in each thread; nothing imports it. It must not fail, and leaves the application to the
 * first task: the pool forgets tasks that wait for a thread which failed while it was made.
 */
const { port1, port2 } = new MessageChannel();
const side = new ThreadSide(port1, (workerData as ThreadData).entry, load);
parentPort?.postMessage({ warrenLink: port2 } satisfies ThreadHello, [port2]);

function load(entry: string): Promise<unknown> {
  // Some entries look whether they are the file that was started.
  process.argv[1] = fileURLToPath(entry);
  return import(entry);
}

/** Called by the pool, one task at a time. */
export function runJob(task: ThreadTask): Promise<void> {
  return side.runJob(task);
}
