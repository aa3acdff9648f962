import type { LoopClock } from '../kernel/clock.js';
import { createIdSource } from '../kernel/ids.js';
import type { Logger } from '../kernel/logger.js';
import { systemRandom } from '../kernel/random.js';
import { JobTypes } from '../operate/job-types.js';
import { Queues, type QueuesParts } from '../operate/queues.js';
import { SettingsDoor } from '../operate/settings-door.js';
import { createWorkers } from '../operate/workers.js';
import type { JobQueueParts } from './job-queue.js';
import { RunTime, type RunTimeParts } from './run-time.js';
import type { StoreLink } from './store-link.js';

/** What operators turn while jobs run, wired. */

export interface TurningParts extends QueuesParts {
  readonly runTime: RunTime;
}

/** The faces of it. */
export function createTurning(
  given: Omit<TurningParts, 'door' | 'refresh'>,
): Pick<JobQueueParts, 'queues' | 'types' | 'workers'> {
  const { runTime } = given;
  const refresh = () => runTime.refresh();
  const door = new SettingsDoor({
    ...given,
    changed: (changes) => runTime.changed(changes),
    heard: () => runTime.settings.all,
  });
  return {
    queues: new Queues({ ...given, door, refresh }),
    types: new JobTypes({ ...given, door, refresh }),
    workers: createWorkers({ ...given, refresh, tell: (command) => runTime.tell(command) }),
  };
}

type Around = Omit<RunTimeParts, 'registry' | 'isStoreLocal' | 'workerId' | 'logger' | 'loop'>;

interface Ground {
  readonly logger: Logger;
  readonly storeLink: StoreLink;
}

/** What of it happens in this process. */
export function createRunTime(
  around: Around,
  { logger, storeLink }: Ground,
  loop: LoopClock | undefined,
): RunTime {
  return new RunTime({
    ...around,
    logger,
    loop,
    // Process ids come again, and a test's random begins anew for each of its workers.
    workerId: `${around.workerName}:${createIdSource(around.clock, systemRandom).token().slice(0, 6)}`,
    registry: () => storeLink.store?.registry,
    isStoreLocal: () => storeLink.isLocal,
  });
}
