import type { LimitOptions } from '../job/limits.js';
import { isHandlerPattern, isQueueName } from '../job/type-name.js';
import { closest } from '../kernel/closest.js';
import { checkDefinitionPolicy, checkHandlerOptions } from '../options/handler.js';
import { lacksLimits } from '../options/limits.js';
import type { Settings } from '../options/settings.js';
import { lacksUniqueKeys, uniqueOfDefinition, untrackedReplace } from '../options/unique.js';
import { unlistedQueue } from '../options/unlisted-queue.js';
import type { HandlerRegistration } from './handler.js';
import { queueOfHandler } from './routes.js';

/** Everything that is wrong with handlers taken together, each with class and method. Empty: nothing. */
export function checkHandlers(registrations: readonly HandlerRegistration[], settings: Settings): string[] {
  const problems: string[] = [];
  const places = new Map<string, string>();
  for (const registration of registrations) {
    const { pattern, place, options, definition } = registration;
    if (!isHandlerPattern(pattern)) {
      problems.push(
        `${place}: @JobHandler(${JSON.stringify(pattern)}) is no job type. Use 'email:new', a prefix 'email:' or '' for all.`,
      );
      continue;
    }
    problems.push(...checkHandlerOptions(options, place));
    if (definition) {
      const found = checkDefinitionPolicy(definition, place);
      problems.push(...(found.length > 0 ? found : uniqueProblems(registration, settings)));
    }
    const limited = limitProblem(registration, settings);
    if (limited !== undefined) problems.push(limited);
    const tracked = trackProblem(registration, settings);
    if (tracked !== undefined) problems.push(tracked);
    const other = places.get(pattern);
    if (other === undefined) places.set(pattern, place);
    else
      problems.push(
        `'${pattern}' has two handlers: ${other} and ${place}. Remove one, or give them different types.`,
      );
    const queue = queueOfHandler(registration);
    const isExplicit = options.queue !== undefined || definition?.queue !== undefined;
    if (!isQueueName(queue)) {
      // An explicit one was told above.
      if (!isExplicit)
        problems.push(
          `${place}: ${JSON.stringify(queue)} is no queue name (letters, digits, '_', '.', '-').`,
        );
    } else if (isExplicit && !settings.queues.isListed(queue)) {
      problems.push(`${place}: ${unlistedQueue(queue, settings.queues)}`);
    }
  }
  problems.push(
    ...checkConsumedQueues(registrations, settings),
    ...queueLimitProblems(registrations, settings),
    ...cappedHandlerProblems(registrations, settings),
    ...onDemandProblems(registrations),
  );
  return problems;
}

/** What is held until somebody asks would hold back the jobs of other handlers, too. */
function onDemandProblems(registrations: readonly HandlerRegistration[]): string[] {
  const asked = registrations.filter(({ isOnDemand }) => isOnDemand);
  return asked.flatMap((registration) => {
    const queue = queueOfHandler(registration);
    const other = registrations.find((each) => !each.isOnDemand && queueOfHandler(each) === queue);
    if (!other) return [];
    return `${registration.place}: jobs of queue '${queue}' come on demand only, but ${other.place} takes them as they come. Give '${registration.pattern}' a queue of its own, or move one of them to another process.`;
  });
}

/** Of a definition without problems of its own: what its `unique` needs and does not find here. */
function uniqueProblems(registration: HandlerRegistration, settings: Settings): string[] {
  const { place, options, definition } = registration;
  const unique = definition && uniqueOfDefinition(definition);
  if (!unique) return [];
  const policy = settings.queues.policyOf(queueOfHandler(registration), options, definition.policy);
  const problems = [lacksUniqueKeys(settings.store, unique), untrackedReplace(unique, policy)];
  return problems.filter((problem) => problem !== undefined).map((problem) => `${place}: ${problem}`);
}

/**
 * Who enqueues does not know the handler: what it has recorded, a worker that tells nothing would leave waiting in the
 * store for ever.
 */
function trackProblem(registration: HandlerRegistration, { queues }: Settings): string | undefined {
  const { place, options, definition } = registration;
  const queue = queueOfHandler(registration);
  if (options.track === undefined || !isQueueName(queue)) return undefined;
  const { track } = queues.policyOf(queue, undefined, definition?.policy);
  if (track !== 'all' || options.track === 'all') return undefined;
  return `${place}: option track: '${options.track}' is not seen by those who enqueue, which record every job. Say it in defineJob, for the queue (queues.${queue}) or for the module (defaults).`;
}

/** Of a handler with limits of its own, where it runs. */
function limitProblem(
  { place, options, definition }: HandlerRegistration,
  { store, worker }: Settings,
): string | undefined {
  const lack = worker ? lacksLimits(store) : undefined;
  if (lack === undefined || !(saysLimit(options) || saysLimit(definition?.limits))) return undefined;
  return `${place}: ${lack}`;
}

function saysLimit(options: LimitOptions | undefined): boolean {
  return [options?.maxConcurrent, options?.concurrency, options?.rateLimit].some(
    (said) => said !== undefined,
  );
}

function queueLimitProblems(registrations: readonly HandlerRegistration[], settings: Settings): string[] {
  const lack = lacksLimits(settings.store);
  if (lack === undefined || !settings.worker) return [];
  return consumedQueues(registrations, settings)
    .filter((queue) => isQueueName(queue) && settings.queues.settingsOf(queue).limits)
    .map((queue) => `queues.${queue}: ${lack}`);
}

/** A cap under `worker.handlers` that no handler has is a typo, and would cap nothing. */
function cappedHandlerProblems(
  registrations: readonly HandlerRegistration[],
  { worker }: Settings,
): string[] {
  const limits = worker ? worker.handlerLimits : undefined;
  const patterns = registrations.map(({ pattern }) => pattern);
  return [...(limits?.keys() ?? [])]
    .filter((pattern) => !patterns.includes(pattern))
    .map((pattern) => {
      const suggestion = closest(pattern, patterns);
      return `worker.handlers.${pattern || "''"}: there is no @JobHandler('${pattern}') here.${suggestion === undefined ? '' : ` Did you mean '${suggestion}'?`} Handlers: ${patterns.map((one) => `'${one}'`).join(', ') || 'none'}.`;
    });
}

/** Queues that this worker takes jobs from: its handlers' and those listed under `worker.queues`. */
export function consumedQueues(
  registrations: readonly HandlerRegistration[],
  settings: Settings,
): readonly string[] {
  const queues = new Set(registrations.map(queueOfHandler));
  if (settings.worker) for (const queue of settings.worker.listed) queues.add(queue);
  return [...queues];
}

/** A queue under `worker.queues` that no handler can serve is a typo, or its jobs would all fail. */
function checkConsumedQueues(registrations: readonly HandlerRegistration[], settings: Settings): string[] {
  if (!settings.worker || registrations.some(({ pattern }) => pattern === '')) return [];
  const served = new Set(registrations.map(queueOfHandler));
  return settings.worker.listed
    .filter((queue) => !served.has(queue))
    .map((queue) => {
      const suggestion = closest(queue, [...served]);
      return `worker.queues.${queue}: no handler takes jobs from this queue.${suggestion === undefined ? '' : ` Did you mean '${suggestion}'?`} Queues with handlers: ${[...served].join(', ') || 'none'}. Add a handler, or a catch-all @JobHandler('').`;
    });
}
