import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { JobQueue } from 'nestjs-warren/standalone';
import type { Act } from '../act.js';
import type { Call } from '../call.js';
import { safe } from '../output/safe-text.js';
import { count } from '../output/time.js';
import { ratePerSecond } from '../settings.js';
import { tellBulk } from './bulk.js';
import { addBulk, addQuery, selectionOf, type BulkFlags, type QueryFlags } from './options.js';

/** `jobs retry|discard|cancel|run-now`: one change to one job, or to many at a rate. */

interface ChangeFlags extends QueryFlags, BulkFlags {
  readonly because?: string;
}

interface Change {
  readonly verb: string;
  readonly done: string;
  readonly text: string;
  /** Whether what it does to a single job needs a yes. */
  readonly destroys: boolean;
  readonly apply: (jobs: JobQueue, id: string, flags: ChangeFlags) => Promise<unknown>;
}

const CHANGES: readonly Change[] = [
  {
    verb: 'retry',
    done: 'retried',
    text: 'run jobs again that have ended, with their attempts counted anew',
    destroys: false,
    apply: (jobs, id) => jobs.retry(id),
  },
  {
    verb: 'run-now',
    done: 'made due',
    text: 'make jobs due now that are scheduled or wait for their next attempt',
    destroys: false,
    apply: (jobs, id) => jobs.runNow(id),
  },
  {
    verb: 'cancel',
    done: 'cancelled',
    text: 'end jobs that wait, and ask those that run to end',
    destroys: true,
    apply: (jobs, id, { because }) =>
      jobs.cancel(id, { by: operator(), ...(because !== undefined && { reason: because }) }),
  },
  {
    verb: 'discard',
    done: 'discarded',
    text: 'make the job store forget jobs that do not run',
    destroys: true,
    apply: (jobs, id) => jobs.discard(id),
  },
];

export function addJobChanges(jobs: Command, act: Act): void {
  for (const change of CHANGES) {
    const command = addBulk(addQuery(jobs.command(change.verb).argument('[id...]').description(change.text)));
    if (change.verb === 'cancel') command.option('--because <text>', 'why, for those who look at the jobs');
    command.action(act<ChangeFlags>((call, flags, ids) => changeMany(call, change, flags, ids)));
  }
}

async function changeMany(call: Call, change: Change, flags: ChangeFlags, ids: readonly string[]) {
  const selection = selectionOf(ids, flags);
  const rate = flags.rate === undefined ? undefined : ratePerSecond(flags.rate);
  const { jobs } = await call.open({ broker: 'needed', store: 'needed' });
  const { changeJobs, selectJobs } = await import('nestjs-warren/operate');
  const chosen = await selectJobs(jobs, selection, call.interruption);
  const things = `${count(chosen.length)} job${chosen.length === 1 ? '' : 's'}`;
  if (flags.dryRun) {
    await call.out.item({ wouldChange: chosen.length, ids: chosen }, () => [
      `Would ${change.verb} ${things}.`,
      ...chosen.slice(0, 10).map((id) => `  ${safe(id)}`),
      ...(chosen.length > 10 ? [`  … and ${count(chosen.length - 10)} more`] : []),
    ]);
    return;
  }
  if (ids.length === 0 || change.destroys) await call.confirm(`This will ${change.verb} ${things}.`);
  const [only] = chosen;
  if (ids.length === 1 && only !== undefined) {
    const told = await change.apply(jobs, only, flags);
    const state = typeof told === 'string' ? told : change.done;
    await call.out.item({ id: only, outcome: state }, () => [`${safe(only)} ${WORDS[state] ?? state}`]);
    return;
  }
  const { signal } = call;
  const progress = call.progress(change.done);
  const result = await changeJobs(chosen, (id) => change.apply(jobs, id, flags), {
    rate,
    signal,
    onProgress: (now) => progress.tell(now),
  });
  return tellBulk(call, result, { done: change.done, things: 'jobs' }, progress.end());
}

/** What `cancel` answers. */
const WORDS: Readonly<Record<string, string>> = {
  cancelling: 'runs, and is asked to end',
  ended: 'had ended before; it stays as it is',
};

/** Who asks, as the system knows the one who typed it. */
export function operator(): string {
  try {
    return `warren, ${userInfo().username}`.slice(0, 200);
  } catch {
    return 'warren';
  }
}
