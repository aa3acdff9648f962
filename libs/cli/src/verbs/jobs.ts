import type { Command } from 'commander';
import type { Act } from '../act.js';
import { addJobChanges } from './jobs-change.js';
import { addJobsEnqueue } from './jobs-enqueue.js';
import { addJobsList } from './jobs-list.js';
import { addJobsView } from './jobs-view.js';
import { addJobsWait } from './jobs-wait.js';
import { addJobsWatch } from './jobs-watch.js';

/** `warren jobs ...`: single jobs, and many by what they have in common. */
export function addJobs(program: Command, act: Act): void {
  const jobs = program.command('jobs').description('see, make and change jobs');
  for (const add of [addJobsList, addJobsView, addJobsWatch, addJobsEnqueue, addJobChanges, addJobsWait]) {
    add(jobs, act);
  }
}
