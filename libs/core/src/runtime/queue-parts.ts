import type { JobLookup } from '../enqueue/job-ref.js';
import type { RepublishParts } from '../enqueue/republish.js';
import type { Submit } from '../enqueue/submit.js';
import type { JobChangesParts } from '../operate/job-changes.js';
import { Jobs } from '../operate/jobs.js';
import { Schedules } from '../operate/schedules.js';
import { createTurning, type TurningParts } from './create-turning.js';
import type { Control } from './control.js';
import { createJobChanges } from './create-job-changes.js';
import type { JobQueueParts } from './job-queue.js';
import { openDeadLetters } from './open-dead-letters.js';
import type { Scheduling } from './scheduling.js';

type Given = RepublishParts &
  Omit<JobChangesParts, 'republish' | 'letters' | 'askToStop'> &
  Omit<TurningParts, 'door' | 'refresh' | 'cancel'> &
  Pick<JobQueueParts, 'topology' | 'storeHealth'> & {
    readonly scheduling: Pick<Scheduling, 'codeOf' | 'changed'>;
    readonly control: Pick<Control, 'askToStop'>;
    readonly createSubmit: (lookup: JobLookup) => Submit;
  };

/** What stands behind the injectable face, wired. */
export function queueParts(given: Given): JobQueueParts {
  const { control, scheduling, topology, storeHealth } = given;
  const remembered = new Jobs(given);
  const changes = createJobChanges({
    ...given,
    askToStop: (id, cancellation) => control.askToStop(id, cancellation),
  });
  const submit = given.createSubmit(remembered);
  return {
    submit,
    schedules: new Schedules({
      ...given,
      submit,
      codeOf: (name) => scheduling.codeOf(name),
      onChange: () => scheduling.changed(),
    }),
    topology,
    remembered,
    changes,
    storeHealth,
    ...createTurning({ ...given, cancel: (id, options) => changes.cancel(id, options) }),
    openDeadLetters: (queue) => openDeadLetters(queue, given),
  };
}
