import type { Command } from 'commander';
import type { DeadLetterFilter, DeadLetterSelection } from 'nestjs-warren/operate';
import type { JobQueue } from 'nestjs-warren/standalone';
import type { Call } from '../call.js';
import { usageError } from '../exit-codes.js';
import { instantSaid } from '../settings.js';
import { HOW_KNOWN } from './queues.js';

/** Which dead letters, of which queues. */

export interface DeadFlags {
  readonly queue?: string;
  readonly type?: string;
  readonly reason?: string;
  readonly error?: string;
  readonly group?: string;
  readonly since?: string;
  readonly until?: string;
  readonly all?: boolean;
}

export function addDeadFilter(command: Command): Command {
  return command
    .option('--queue <queue>', 'of this queue; default: all known ones')
    .option('--type <type>', 'of this type, or of a prefix that ends in a colon')
    .option('--reason <reason>', 'that failed for this reason')
    .option('--error <text>', 'whose error has this text in it, whatever its case')
    .option('--group <group>', 'of this group, as dead groups names it')
    .option('--since <time>', 'that failed at or after: an instant, or how long ago (2h)')
    .option('--until <time>', 'that failed before: an instant, or how long ago');
}

/** Undefined: nothing is said. The queue is no part of it. */
export function filterOf(flags: DeadFlags): DeadLetterFilter | undefined {
  const { type, reason, error, group, since, until } = flags;
  const now = Date.now();
  const filter = {
    ...(type !== undefined && { type }),
    ...(reason !== undefined && { reason: reason as NonNullable<DeadLetterFilter['reason']> }),
    ...(error !== undefined && { error }),
    ...(group !== undefined && { group }),
    ...(since !== undefined && { failedAfter: instantSaid(since, 'since', now) }),
    ...(until !== undefined && { failedBefore: instantSaid(until, 'until', now) }),
  };
  return Object.keys(filter).length === 0 ? undefined : filter;
}

/** Ids, or flags, or all. A queue alone is not enough: all of it must be said. @throws CliError (usage) */
export function deadSelectionOf(ids: readonly string[], flags: DeadFlags): DeadLetterSelection {
  const filter = filterOf(flags);
  if (ids.length > 0 && (filter || flags.all)) {
    throw usageError('Ids and flags that select exclude each other. Give one of them.');
  }
  if (filter && flags.all)
    throw usageError('--all and flags that select exclude each other. Give one of them.');
  if (ids.length > 0) return { ids };
  if (filter) return { filter };
  if (flags.all) return { all: true };
  throw usageError(
    'Nothing says which dead letters are meant.',
    'Give ids, or flags such as --error and --reason, or --all (with --queue: all of that queue).',
  );
}

/** The queue that was named, or all known ones that have dead letters. */
export async function queuesWithLetters(
  jobs: JobQueue,
  { queue }: DeadFlags,
  call: Call,
): Promise<readonly string[]> {
  if (queue !== undefined) {
    // A queue that does not exist has none; a mistyped one is to be heard of.
    await jobs.queues.view(queue);
    return [queue];
  }
  const queues = await jobs.queues.list();
  if (queues.length === 0) call.note(HOW_KNOWN);
  return queues.filter(({ deadLetters }) => (deadLetters ?? 0) > 0).map(({ name }) => name);
}
