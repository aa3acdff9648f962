import type { JobDefinition } from '../job/definition.js';
import { isJobType, queueOfType } from '../job/type-name.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import { resolveEnqueueOptions, type EnqueueOptions, type ResolvedEnqueue } from '../options/enqueue.js';
import type { QueueDirectory } from '../options/settings.js';
import { unlistedQueue } from '../options/unlisted-queue.js';

/** Options and definition -> where the job goes and what it asks for. */
export interface Plan extends ResolvedEnqueue {
  readonly type: string;
  readonly queue: string;
}

/**
 * @throws ConfigurationError when the type is no valid name, an option is wrong, or a queue that was named
 * explicitly is not listed in the module's options.
 */
export function plan(
  job: JobDefinition | string,
  options: EnqueueOptions | undefined,
  directory: QueueDirectory,
  now: number,
): Plan {
  const type = typeof job === 'string' ? job : job.type;
  if (!isJobType(type)) {
    throw new ConfigurationError([
      `enqueue(${JSON.stringify(type)}): a job type is made of letters, digits, '_', '.', '-', parts separated by ':'.`,
    ]);
  }
  const resolved = resolveEnqueueOptions(options, now);
  const derived = queueOfType(type);
  const named = resolved.queue ?? (typeof job === 'string' ? undefined : job.queue);
  if (named !== undefined && named !== derived && !directory.isListed(named)) {
    throw new ConfigurationError([`enqueue('${type}'): ${unlistedQueue(named, directory)}`]);
  }
  return { ...resolved, type, queue: named ?? derived };
}
