import type { JobDefinition } from '../job/definition.js';
import type { PolicyOptions } from '../job/policy.js';
import { isJobType, queueOfType } from '../job/type-name.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import { resolveEnqueueOptions, type EnqueueOptions, type ResolvedEnqueue } from '../options/enqueue.js';
import { checkDefinitionPolicy } from '../options/handler.js';
import { priorityIn } from '../options/queue-priority.js';
import type { QueueDirectory } from '../options/settings.js';
import { uniqueOfDefinition, untrackedReplace, type ResolvedUnique } from '../options/unique.js';
import { unlistedQueue } from '../options/unlisted-queue.js';

/** Options and definition -> where the job goes and what it asks for. */
export interface Plan extends Omit<ResolvedEnqueue, 'unique' | 'priority'> {
  readonly type: string;
  readonly queue: string;
  /** As it travels; undefined: a normal one. */
  readonly priority: number | undefined;
  /** Of the definition. */
  readonly policy: PolicyOptions | undefined;
  /** Undefined: any number of them may be there. */
  readonly unique: ResolvedUnique | undefined;
}

/** Definitions without problems, so that each is looked at once. */
const sound = new WeakSet<JobDefinition>();

/**
 * @throws ConfigurationError when there is no job type or it is no valid name, an option of the call or of the
 * definition is wrong or goes with none of the others, the queue lacks the priority that is asked for, or a queue that was named explicitly is not listed in the module's options.
 */
export function plan(
  job: JobDefinition | string,
  options: EnqueueOptions | undefined,
  directory: QueueDirectory,
  now: number,
): Plan {
  if (typeof job !== 'string' && !sound.has(job)) requireSound(job);
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
  const policy = typeof job === 'string' ? undefined : job.policy;
  const queue = named ?? derived;
  const { priorities } = directory.settingsOf(queue).spec;
  const priority = priorityIn(queue, priorities, resolved.priority, `enqueue('${type}')`);
  const unique = resolved.unique ?? (typeof job === 'string' ? undefined : uniqueOfDefinition(job));
  if (!unique) return { ...resolved, priority, type, queue, policy, unique: undefined };
  const problem = untrackedReplace(unique, directory.policyOf(queue, undefined, policy));
  if (problem !== undefined) throw new ConfigurationError([`enqueue('${type}'): ${problem}`]);
  return { ...resolved, priority, type, queue, policy, unique };
}

/**
 * The policy of a definition is a layer below that of a handler, so that it is applied at the worker. It is checked
 * here too: a process that only enqueues would never hear of a mistake in it.
 */
function requireSound(job: JobDefinition): void {
  if (typeof job !== 'object' || job === null) {
    throw new ConfigurationError([
      `enqueue(${String(job)}): give a job type or what defineJob made. A definition that is undefined here often comes from files that import each other: move it to one that imports neither.`,
    ]);
  }
  const problems = checkDefinitionPolicy(job, `enqueue('${job.type}')`);
  if (problems.length > 0) throw new ConfigurationError(problems);
  sound.add(job);
}
