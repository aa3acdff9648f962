import { closest } from '../kernel/closest.js';
import type { QueueDirectory } from './settings.js';

/** Said wherever a queue is named that the options do not list: a typo would leave jobs waiting for ever. */
export function unlistedQueue(queue: string, directory: QueueDirectory): string {
  const suggestion = closest(queue, directory.listed);
  return `queue '${queue}' is not listed in the options.${suggestion === undefined ? '' : ` Did you mean '${suggestion}'?`} Add it: JobsModule.forRoot({ queues: { '${queue}': {} } }).`;
}
