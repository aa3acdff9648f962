import type { Command } from 'commander';
import type { DeadLetterWork } from 'nestjs-warren/operate';
import type { JobQueue } from 'nestjs-warren/standalone';
import type { Act } from '../act.js';
import type { Call } from '../call.js';
import { CliError, EXIT } from '../exit-codes.js';
import { safe } from '../output/safe-text.js';
import { count } from '../output/time.js';
import { ratePerSecond } from '../settings.js';
import { tellBulk } from './bulk.js';
import { addDeadFilter, deadSelectionOf, queuesWithLetters, type DeadFlags } from './dead-selection.js';
import { addBulk, type BulkFlags } from './options.js';

/** `dead retry` and `dead purge`: letters go back to their queue, or go for good. */

type ChangeFlags = DeadFlags & BulkFlags;

const CHANGES = [
  {
    verb: 'retry',
    done: 'retried',
    text: 'bring jobs back to their queue, with their attempts counted anew',
  },
  { verb: 'purge', done: 'purged', text: 'drop dead letters for good' },
] as const;

export function addDeadChanges(dead: Command, act: Act): void {
  for (const change of CHANGES) {
    addBulk(addDeadFilter(dead.command(change.verb).argument('[id...]').description(change.text))).action(
      act<ChangeFlags>((call, flags, ids) => changeLetters(call, change, flags, ids)),
    );
  }
}

async function changeLetters(
  call: Call,
  { verb, done }: (typeof CHANGES)[number],
  flags: ChangeFlags,
  ids: readonly string[],
) {
  const selection = deadSelectionOf(ids, flags);
  const rate = flags.rate === undefined ? undefined : ratePerSecond(flags.rate);
  const { jobs } = await call.open({ broker: 'needed', store: 'if-given' });
  const found: Array<readonly [queue: string, count: number]> = [];
  for (const queue of await queuesWithLetters(jobs, flags, call)) {
    const letters = await jobs.deadLetters(queue).count(selection);
    if (letters > 0) found.push([queue, letters]);
  }
  const total = found.reduce((sum, [, letters]) => sum + letters, 0);
  if (ids.length > 0 && total === 0) {
    throw new CliError(
      EXIT.notFound,
      `There is no dead letter ${ids.map((id) => JSON.stringify(id)).join(', ')}.`,
    );
  }
  const where = found.map(([queue, letters]) => `${count(letters)} in queue ${safe(queue)}`).join(', ');
  if (flags.dryRun) {
    await call.out.item({ wouldChange: total, queues: Object.fromEntries(found) }, () => [
      `Would ${verb} ${count(total)} dead letters${where === '' ? '' : `: ${where}`}.`,
    ]);
    return;
  }
  if (total > 0 && (ids.length === 0 || verb === 'purge')) {
    await call.confirm(`This will ${verb} ${count(total)} dead letters: ${where}.`);
  }
  const { signal } = call;
  const progress = call.progress(done);
  const failures: Array<{ id: string; code: string | undefined; message: string }> = [];
  let before = 0;
  let failed = 0;
  for (const [queue, letters] of found) {
    const onChosen = (now: number): void => progress.tell({ done: before + now, failed, total });
    const work: DeadLetterWork = { signal, onChosen, ...(rate !== undefined && { rate }) };
    try {
      before += await change(jobs, verb, queue)(selection, work);
    } catch (error) {
      // One queue's trouble is not another's; what was not confirmed is still among the dead letters.
      const left = Math.min(letters, await jobs.deadLetters(queue).count(selection));
      before += letters - left;
      failed += left;
      const { code, message } = error as { readonly code?: string; readonly message: string };
      failures.push({ id: `queue ${queue}`, code, message });
    }
    if (signal.aborted) break;
  }
  const isInterrupted = signal.aborted && before + failed < total;
  const result = { done: before, failed, total, failures, isInterrupted };
  return tellBulk(call, result, { done, things: 'dead letters' }, progress.end());
}

function change(jobs: JobQueue, verb: 'retry' | 'purge', queue: string) {
  const letters = jobs.deadLetters(queue);
  return verb === 'retry' ? letters.requeue.bind(letters) : letters.purge.bind(letters);
}
