import { JOB_MOMENT_KINDS } from '../control/carried-moment.js';
import { isHandlerPattern, isQueueName } from '../job/type-name.js';
import { closest } from '../kernel/closest.js';
import type { Moment } from '../observe/moments.js';
import { isRecord, shown } from '../options/describe.js';
import type { Warren } from '../runtime/warren.js';
import type { EventMark } from './decorators/metadata.js';
import type { FoundMethod } from './discovery.js';
import { EventInbox } from './event-inbox.js';

/** `@OnJobEvent` methods -> observers. */

const OPTIONS = ['type', 'queue', 'from', 'connection'];

/** What is wrong with a mark; empty: nothing. */
export function checkEventMark({ kind, options }: EventMark, { place, host }: FoundMethod): string[] {
  const at = `${place}: @OnJobEvent(${shown(kind)})`;
  const problems: string[] = [];
  if (!(JOB_MOMENT_KINDS as readonly unknown[]).includes(kind)) {
    const near = typeof kind === 'string' ? closest(kind, JOB_MOMENT_KINDS) : undefined;
    problems.push(
      `${at}: there is no such event of jobs.${near ? ` Did you mean '${near}'?` : ''} There are ${JOB_MOMENT_KINDS.join(', ')}.`,
    );
  }
  if (!isRecord(options)) return [...problems, `${at}: ${shown(options)} is not an object of options.`];
  for (const name of Object.keys(options)) {
    if (OPTIONS.includes(name)) continue;
    const near = closest(name, OPTIONS);
    problems.push(`${at}: there is no option '${name}'.${near ? ` Did you mean '${near}'?` : ''}`);
  }
  const { type, queue, from } = options;
  if (type !== undefined && patternOf(type) === undefined) {
    problems.push(
      `${at}: type ${shown(type)} is no pattern of job types. Give one type ('email:new'), a prefix ('email:' or 'email:*') or '*'.`,
    );
  }
  if (queue !== undefined && !isQueueName(queue)) {
    problems.push(
      `${at}: ${shown(queue)} is no name of a queue: letters, digits, '_', '.', '-'; at most 120.`,
    );
  }
  if (from !== undefined && from !== 'process' && from !== 'cluster') {
    problems.push(`${at}: from ${shown(from)} is neither 'process' nor 'cluster'.`);
  }
  if (!host.instance) {
    problems.push(
      `${at}: it needs a singleton, but this class is made for each request (its own scope, or that of something it injects). Move the method to a class without request scope.`,
    );
  }
  return problems;
}

/** Begins to listen, for a mark without problems; returns the end of it. */
export function bindEvent({ kind, options }: EventMark, found: FoundMethod, warren: Warren): () => void {
  const { host, method, place } = found;
  const inbox = new EventInbox(place, (moment) => method.call(host.instance!, moment), warren.logger);
  const { queue, from } = options;
  const pattern = patternOf(options.type ?? '*')!;
  const isPrefix = pattern === '' || pattern.endsWith(':');
  const hear = (moment: Moment): void => {
    if (moment.kind !== kind || !('jobId' in moment)) return;
    if (queue !== undefined && moment.queue !== queue) return;
    if (isPrefix ? moment.type.startsWith(pattern) : moment.type === pattern) inbox.put(moment);
  };
  const stop = from === 'cluster' ? warren.control.observe(hear, kind) : warren.observe(hear);
  return () => {
    stop();
    inbox.close();
  };
}

/** `email:*` -> `email:`, `*` -> `''`. */
function patternOf(type: unknown): string | undefined {
  if (typeof type !== 'string') return undefined;
  const pattern = type === '*' || type.endsWith(':*') ? type.slice(0, -1) : type;
  return isHandlerPattern(pattern) ? pattern : undefined;
}
