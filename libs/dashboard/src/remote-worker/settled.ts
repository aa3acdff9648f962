import { WarrenError, type JobMoment, type Moment } from 'nestjs-warren';
import { systemClock } from 'nestjs-warren/ports';

/** What became of a job once the broker has it. */
export interface Settled {
  readonly id: string;
  readonly outcome: 'completed' | 'retrying' | 'failed' | 'released' | 'cancelled';
}

const OUTCOMES: Readonly<Partial<Record<JobMoment['kind'], Settled['outcome']>>> = {
  completed: 'completed',
  retryScheduled: 'retrying',
  failed: 'failed',
  snoozed: 'released',
  cancelled: 'cancelled',
};

const NOT_SETTLED: readonly JobMoment['kind'][] = ['lost', 'interrupted', 'settleFailed', 'duplicate'];

/** Publishing what follows may take as long as `publishTimeout`. */
const LONGEST_MS = 35_000;

/** Waits for the moment that tells what became of a job: an answer before it could promise what a crash takes back. */
export class SettledWatch {
  private readonly waiting = new Map<string, Set<(moment: JobMoment) => void>>();

  /** Of this process. */
  hear(moment: Moment): void {
    if (!('jobId' in moment)) return;
    if (OUTCOMES[moment.kind] === undefined && !NOT_SETTLED.includes(moment.kind)) return;
    for (const tell of this.waiting.get(moment.jobId) ?? []) tell(moment);
  }

  /** To be called before the attempt ends. @throws WarrenError WARREN_LEASE_ENDED: the job comes again. */
  next(id: string): Promise<Settled> {
    return new Promise((resolve, reject) => {
      const own = this.waiting.get(id) ?? new Set();
      this.waiting.set(id, own);
      const leave = () => {
        timer.cancel();
        own.delete(tell);
        if (own.size === 0) this.waiting.delete(id);
      };
      const tell = (moment: JobMoment) => {
        leave();
        const outcome = OUTCOMES[moment.kind];
        if (outcome) resolve({ id, outcome });
        else reject(notSettled(id, moment.kind));
      };
      const timer = systemClock.setTimer(LONGEST_MS, () => {
        leave();
        reject(notSettled(id, 'not settled in time'));
      });
      own.add(tell);
    });
  }
}

function notSettled(id: string, what: string): WarrenError {
  return new WarrenError(
    'WARREN_LEASE_ENDED',
    `Job ${JSON.stringify(id)}: its outcome did not reach the broker (${what}), so the job comes again unless somebody else owns it by now.`,
    { details: { id } },
  );
}
