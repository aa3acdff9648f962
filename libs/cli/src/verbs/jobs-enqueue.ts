import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { EnqueueOptions } from 'nestjs-warren/standalone';
import type { Act } from '../act.js';
import { usageError } from '../exit-codes.js';
import type { Io } from '../io.js';
import { safe, safeJson } from '../output/safe-text.js';
import { milliseconds, wholeNumber } from '../settings.js';
import { list } from './options.js';

/** `jobs enqueue`: one job, its payload as JSON on the command line, in a file, or on stdin. */

export interface EnqueueFlags {
  readonly queue?: string;
  readonly delay?: string;
  readonly at?: string;
  readonly attempts?: string;
  readonly attemptTimeout?: string;
  readonly ttl?: string;
  readonly deadline?: string;
  readonly priority?: string;
  readonly id?: string;
  readonly correlationId?: string;
  readonly tag?: readonly string[];
  readonly header?: readonly string[];
  readonly uniqueKey?: string;
  readonly declare?: boolean;
  readonly wait?: boolean;
}

export function addJobsEnqueue(jobs: Command, act: Act): void {
  jobs
    .command('enqueue')
    .argument('<type>', "job type, such as 'email:new'")
    .argument('[payload]', 'JSON, @file, or - for stdin; default: none')
    .description('make a job')
    .option('--queue <queue>', 'queue to wait in; default: the part of the type before the first colon')
    .option('--delay <duration>', 'earliest start, from now')
    .option('--at <instant>', 'earliest start, such as 2026-01-31T08:00:00Z')
    .option('--attempts <count>', 'runs at most')
    .option('--attempt-timeout <duration>', 'longest run of one attempt')
    .option('--ttl <duration>', 'longest wait until the first attempt')
    .option('--deadline <duration>', 'no attempt starts later than this from now')
    .option('--priority <priority>', 'high, normal, low or the number of a level')
    .option('--id <id>', 'makes a repeated call recognisable; default: a new one')
    .option('--correlation-id <id>', 'ties jobs of one cause together')
    .option('--tag <tag>', 'to find the job by; more than once, or with commas', list)
    .option(
      '--header <name=value>',
      'travels with the job; more than once',
      (one: string, all: string[] = []) => [...all, one],
    )
    .option('--unique-key <key>', 'one job at a time under this key')
    .option('--declare', 'make the queue if it is not there; default: it must be')
    .option('--wait', 'wait for its end, and print the result')
    .action(
      act<EnqueueFlags>(async (call, flags, [type, said]) => {
        const payload = await readPayload(call.io, said);
        const options = enqueueOptions(flags);
        const { jobs: queue } = await call.open({
          broker: 'needed',
          store: flags.wait || flags.uniqueKey !== undefined ? 'needed' : 'if-given',
          declares: flags.declare === true,
          ...(flags.queue !== undefined && { queues: [flags.queue] }),
        });
        const ref = await queue.enqueue(type!, payload, options);
        if (ref.deduplicated) call.note('No job was made: this one holds the unique key.');
        if (!flags.wait) {
          await call.out.item({ id: ref.id, queue: ref.queue, deduplicated: ref.deduplicated }, () => [
            safe(ref.id),
          ]);
          return;
        }
        const { isTimeoutSaid, timeoutMs } = call.settings;
        const result = await ref.result({ timeout: isTimeoutSaid ? timeoutMs : false, signal: call.signal });
        await call.out.item({ id: ref.id, result }, () => [safeJson(JSON.stringify(result) ?? 'null')]);
      }),
    );
}

/** @throws CliError (usage) for what is no JSON, with where. */
export async function readPayload(
  { stdin, cwd }: Pick<Io, 'stdin' | 'cwd'>,
  said: string | undefined,
): Promise<unknown> {
  if (said === undefined) return undefined;
  const [text, place] = await payloadText(stdin, cwd, said);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageError(
      `The payload${place} is no JSON: ${(error as Error).message}`,
      'Put it into quotes for the shell, \'{"to":"ada@example.com"}\'; a text needs its own, \'"text"\'.',
    );
  }
}

async function payloadText(
  stdin: Io['stdin'],
  cwd: string,
  said: string,
): Promise<[text: string, place: string]> {
  if (said === '-') return [await textOf(stdin), ' on stdin'];
  if (!said.startsWith('@')) return [said, ''];
  const path = resolve(cwd, said.slice(1));
  try {
    return [await readFile(path, 'utf8'), ` in ${path}`];
  } catch (error) {
    throw usageError(`The payload cannot be read: ${(error as Error).message}`);
  }
}

export function enqueueOptions(flags: EnqueueFlags): EnqueueOptions {
  const { delay, at, attempts, attemptTimeout, ttl, deadline, priority, header = [], uniqueKey } = flags;
  const runAt = at === undefined ? undefined : new Date(at);
  if (runAt && Number.isNaN(runAt.getTime())) {
    throw usageError(`--at: ${JSON.stringify(at)} is no instant. Give one such as 2026-01-31T08:00:00Z.`);
  }
  return {
    ...(flags.queue !== undefined && { queue: flags.queue }),
    ...(delay !== undefined && { delay: milliseconds(delay, 'delay') }),
    ...(runAt && { runAt }),
    ...(attempts !== undefined && { attempts: wholeNumber(attempts, 'attempts') }),
    ...(attemptTimeout !== undefined && { timeout: milliseconds(attemptTimeout, 'attempt-timeout') }),
    ...(ttl !== undefined && { ttl: milliseconds(ttl, 'ttl') }),
    ...(deadline !== undefined && { deadline: milliseconds(deadline, 'deadline') }),
    ...(priority !== undefined && { priority: priorityOf(priority) }),
    ...(flags.id !== undefined && { id: flags.id }),
    ...(flags.correlationId !== undefined && { correlationId: flags.correlationId }),
    ...(flags.tag !== undefined && { tags: flags.tag }),
    ...(header.length > 0 && { headers: Object.fromEntries(header.map(headerOf)) }),
    ...(uniqueKey !== undefined && { unique: { key: uniqueKey } }),
  };
}

function priorityOf(said: string): NonNullable<EnqueueOptions['priority']> {
  return /^\d+$/.test(said) ? Number(said) : (said as 'high');
}

function headerOf(said: string): [string, string] {
  const at = said.indexOf('=');
  if (at <= 0) throw usageError(`--header: ${JSON.stringify(said)} is no header. Write name=value.`);
  return [said.slice(0, at), said.slice(at + 1)];
}
