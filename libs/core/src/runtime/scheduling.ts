import type { Clock } from '../kernel/clock.js';
import type { Detached } from '../kernel/detached.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { Random } from '../kernel/random.js';
import type { IdSource } from '../kernel/ids.js';
import { lacksSchedules } from '../operate/schedules.js';
import type { Settings } from '../options/settings.js';
import { scheduleProblems } from '../schedules/check.js';
import type { CodeSchedule } from '../schedules/definition.js';
import { Scheduler } from '../schedules/scheduler.js';
import type { JobQueue } from './job-queue.js';
import type { StoreLink } from './store-link.js';

/** Whose part it is; its settings may change until it is started. */
export interface SchedulingHost {
  readonly settings: Settings;
  readonly jobs: Pick<JobQueue, 'enqueue' | 'cancel'>;
}

export interface SchedulingParts {
  readonly storeLink: StoreLink;
  readonly isInThread: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: IdSource;
  readonly logger: Logger;
  readonly detached: Detached;
  readonly workerName: string;
}

/** The part of a process in the schedules of its application: created -> started -> stopped. */
export class Scheduling {
  private readonly code = new Map<string, CodeSchedule>();
  private scheduler: Scheduler | undefined;

  constructor(
    private readonly host: SchedulingHost,
    private readonly parts: SchedulingParts,
  ) {}

  /**
   * Takes the schedules in the code of this process; before `start`.
   * @throws ConfigurationError listing every problem with its place.
   */
  declare(schedules: readonly CodeSchedule[]): void {
    const { storeLink, clock, isInThread } = this.parts;
    const { queues, schedules: wanted } = this.host.settings;
    if (schedules.length === 0 || wanted === false || isInThread) return;
    const { store } = storeLink;
    const lack = lacksSchedules(store);
    const ground = { queues, now: clock.now(), hasReads: store?.reads !== undefined };
    const problems = schedules.flatMap(({ name, place, options, compute }) => {
      const own =
        lack === undefined ? scheduleProblems(name, options, compute !== undefined, ground) : [lack];
      const other = this.code.get(name);
      if (other)
        own.push(`${other.place} declares a schedule '${name}', too. Give one of them another name.`);
      else this.code.set(name, { name, place, options, compute });
      return own.map((problem) => `${place}: @Scheduled: ${problem}`);
    });
    if (problems.length > 0) throw new ConfigurationError(problems);
  }

  codeOf(name: string): CodeSchedule | undefined {
    return this.code.get(name);
  }

  start(): void {
    const { host, parts } = this;
    const { storeLink, isInThread, ids, workerName, ...given } = parts;
    const { schedules, worker } = host.settings;
    const { store } = storeLink;
    if (isInThread || !store?.schedules || schedules === false || worker === false) return;
    this.scheduler = new Scheduler({
      ...given,
      store: store.schedules,
      reads: store.reads,
      holder: `${workerName}:${ids.token()}`,
      code: [...this.code.values()],
      removeAfterMs: schedules.removeAfterMs,
      enqueue: ({ job, payload, options }) => host.jobs.enqueue(job as string, payload, options),
      cancel: (id, reason) => host.jobs.cancel(id, { reason, by: 'schedule' }),
    });
    this.scheduler.start();
  }

  /** Undefined: this process takes no part in schedules, or not yet. */
  get part(): Scheduler['part'] | undefined {
    return this.scheduler?.part;
  }

  /** A change was made here, so that nobody need wait for the next look. */
  changed(): void {
    this.scheduler?.lookNow();
  }

  async stop(): Promise<void> {
    await this.scheduler?.stop();
  }
}
