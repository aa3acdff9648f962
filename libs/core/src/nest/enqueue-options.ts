import { plan } from '../enqueue/plan.js';
import { isJobType } from '../job/type-name.js';
import { systemClock } from '../kernel/clock.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import { isRecord, optional, shown, unknownOption, type OptionGroup } from '../options/describe.js';
import { ENQUEUE, type EnqueueOptions } from '../options/enqueue.js';
import { HANDLER, checkHandlerOptions } from '../options/handler.js';
import { group } from '../options/kinds.js';
import type { Settings } from '../options/settings.js';
import { lacksUniqueKeys } from '../options/unique.js';
import { typeOf, type EnqueueDecoratorOptions, type EnqueuePropertyMark } from './decorators/metadata.js';

/** The options of `@Enqueue`: which of them each enqueue gets, and what is wrong with them at boot. */

type Mark = Pick<EnqueuePropertyMark, 'job' | 'options'>;

/** What each enqueue through the decorated member says. */
export function enqueueOptions({ enqueue, queue }: EnqueueDecoratorOptions): EnqueueOptions {
  return withDefaults(queue === undefined ? {} : { queue }, enqueue) ?? {};
}

/** What is said wins, `undefined` is not said; of `delay` and `runAt` only one can be meant. */
export function withDefaults(
  defaults: EnqueueOptions,
  said: EnqueueOptions | undefined,
): EnqueueOptions | undefined {
  if (said === undefined) return defaults;
  // Refused by enqueue, with a message.
  if (!isRecord(said)) return said;
  const options: Record<string, unknown> = { ...defaults };
  if (said.runAt !== undefined) delete options['delay'];
  if (said.delay !== undefined) delete options['runAt'];
  for (const [name, value] of Object.entries(said)) if (value !== undefined) options[name] = value;
  return options;
}

/** Everything that would make each call fail, or that nobody would heed. Empty: nothing. */
export function checkEnqueueMark(
  { job, options }: Mark,
  form: 'method' | 'property',
  place: string,
  settings: Settings,
): string[] {
  const problems = form === 'property' ? foreignToProperty(options, place) : [];
  // Of a worker they are checked with those of its other handlers.
  if (form === 'method' && !settings.worker) {
    const { enqueue: _enqueue, ...handler } = options;
    problems.push(...checkHandlerOptions(handler, place));
  }
  if (!isJobType(typeOf(job))) {
    return [
      ...problems,
      `${place}: @Enqueue(${JSON.stringify(typeOf(job))}) is no job type that can be enqueued. Give a whole one, such as 'email:new'; prefixes and '' are for @JobHandler.`,
    ];
  }
  if (options.enqueue !== undefined && !isRecord(options.enqueue)) {
    return [
      ...problems,
      `${place}: @Enqueue option enqueue: ${shown(options.enqueue)} is not an object of options.`,
    ];
  }
  return [...problems, ...planProblems({ job, options }, place, settings)];
}

/** What a property takes. */
const PROPERTY = {
  queue: HANDLER.queue,
  connection: HANDLER.connection,
  enqueue: optional(group<EnqueueOptions>(ENQUEUE), 'Options of each enqueue.', 'none'),
} satisfies OptionGroup;

/** A property runs nothing: what says how jobs are run would not be heeded. */
function foreignToProperty(options: EnqueueDecoratorOptions, place: string): string[] {
  return Object.entries(options)
    .filter(([name, value]) => value !== undefined && !Object.hasOwn(PROPERTY, name))
    .map(([name]) => {
      if (!Object.hasOwn(HANDLER, name)) {
        return `${place}: @Enqueue option ${unknownOption(name, name, PROPERTY)}`;
      }
      const cure = Object.hasOwn(ENQUEUE, name)
        ? `Write enqueue: { ${name}: … }, or say it where the job is handled.`
        : 'Say it where the job is handled.';
      return `${place}: @Enqueue option ${name}: on a property, which runs no jobs, only queue, connection and enqueue count. ${cure}`;
    });
}

function planProblems({ job, options }: Mark, place: string, { queues, store }: Settings): string[] {
  try {
    const { unique } = plan(job, enqueueOptions(options), queues, systemClock.now());
    const lack = unique && lacksUniqueKeys(store, unique);
    return lack === undefined ? [] : [`${place}: ${lack}`];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const call = `enqueue('${typeOf(job)}'): `;
    return error.problems.map(
      (problem) => `${place}: ${problem.startsWith(call) ? problem.slice(call.length) : problem}`,
    );
  }
}
