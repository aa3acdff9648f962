import type { JobState } from '../../job/states.js';
import type { JobRecord } from '../../ports/job-record.js';

type Place = Pick<JobRecord, 'queue' | 'state'>;

/** How many jobs are in each state, by queue, kept up to date with each change. */
export class StateCounts {
  private readonly queues = new Map<string, Map<JobState, number>>();

  enter(place: Place): void {
    this.add(place, 1);
  }

  leave(place: Place): void {
    this.add(place, -1);
  }

  list(): Array<{ readonly queue: string; readonly state: JobState; readonly count: number }> {
    return [...this.queues].flatMap(([queue, states]) =>
      [...states].map(([state, count]) => ({ queue, state, count })),
    );
  }

  /** What reaches zero goes, so that queues of the past leave nothing behind. */
  private add({ queue, state }: Place, step: 1 | -1): void {
    const states = this.queues.get(queue) ?? new Map<JobState, number>();
    const count = (states.get(state) ?? 0) + step;
    if (count > 0) states.set(state, count);
    else states.delete(state);
    if (states.size > 0) this.queues.set(queue, states);
    else this.queues.delete(queue);
  }
}
