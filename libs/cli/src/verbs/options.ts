import { Option, type Command } from 'commander';
import type { Job, JobSelection } from 'nestjs-warren/operate';
import type { FindQuery } from 'nestjs-warren/standalone';
import { usageError } from '../exit-codes.js';
import { instantSaid } from '../settings.js';

/** Flags that several verbs take, and what they mean. */

export const STATES: readonly Job['state'][] = [
  'scheduled',
  'blocked',
  'queued',
  'active',
  'retrying',
  'completed',
  'failed',
  'cancelled',
  'enqueue_failed',
];

export interface QueryFlags {
  readonly queue?: string;
  readonly type?: string;
  readonly state?: readonly string[];
  readonly tag?: string;
  readonly reason?: string;
  readonly since?: string;
  readonly until?: string;
}

export const list = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...value.split(',').filter((part) => part !== ''),
];

export function addQuery(command: Command): Command {
  return command
    .option('--queue <queue>', 'jobs of this queue')
    .option('--type <type>', 'jobs of this type, or of a prefix that ends in a colon')
    .addOption(
      new Option(
        '--state <state>',
        `jobs in this state (${STATES.join(', ')}); more than once, or with commas`,
      ).argParser(list),
    )
    .option('--tag <tag>', 'jobs with this tag')
    .option('--reason <reason>', 'jobs that failed for this reason')
    .option('--since <time>', 'enqueued at or after: an instant, or how long ago (2h)')
    .option('--until <time>', 'enqueued before: an instant, or how long ago');
}

/** Undefined: nothing is said. */
export function queryOf(flags: QueryFlags): FindQuery | undefined {
  const { queue, type, state, tag, reason, since, until } = flags;
  const unknown = state?.find((one) => !STATES.includes(one as Job['state']));
  if (unknown !== undefined) {
    throw usageError(`--state: ${JSON.stringify(unknown)} is none of ${STATES.join(', ')}.`);
  }
  const now = Date.now();
  const query = {
    ...(queue !== undefined && { queue }),
    ...(type !== undefined && { type }),
    ...(state !== undefined && { state: state as readonly Job['state'][] }),
    ...(tag !== undefined && { tag }),
    ...(reason !== undefined && { reason: reason as NonNullable<FindQuery['reason']> }),
    ...(since !== undefined && { createdAfter: instantSaid(since, 'since', now) }),
    ...(until !== undefined && { createdBefore: instantSaid(until, 'until', now) }),
  };
  return Object.keys(query).length === 0 ? undefined : query;
}

export interface BulkFlags {
  readonly all?: boolean;
  readonly rate?: string;
  readonly dryRun?: boolean;
}

export function addBulk(command: Command): Command {
  return command
    .option('--all', 'every one, where no flag says which')
    .option('--rate <rate>', 'so many at most: 50/s, 300/m; default: as fast as it goes')
    .option('--dry-run', 'say what would be done, and do nothing');
}

/** Ids, or a query, or all: nothing said is never taken for all. @throws CliError (usage) */
export function selectionOf(ids: readonly string[], flags: QueryFlags & BulkFlags): JobSelection {
  const query = queryOf(flags);
  if (ids.length > 0 && (query || flags.all)) {
    throw usageError('Ids and flags that select exclude each other. Give one of them.');
  }
  if (ids.length > 0) return { ids };
  if (query) return { query };
  if (flags.all) return { all: true };
  throw usageError(
    'Nothing says which jobs are meant.',
    'Give ids, or flags such as --queue and --state, or --all.',
  );
}
