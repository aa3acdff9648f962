import { createRepublish, type RepublishParts } from '../enqueue/republish.js';
import { JobChanges, type JobChangesParts } from '../operate/job-changes.js';
import { RetriedLetters } from '../operate/retried-letters.js';

type Given = RepublishParts & Omit<JobChangesParts, 'republish' | 'letters'>;

/** What an operator does to single jobs, wired. */
export function createJobChanges(given: Given): JobChanges {
  const { broker, clock, ids } = given;
  const letters = new RetriedLetters({ broker, clock, ids });
  return new JobChanges({ ...given, republish: createRepublish(given), letters });
}
