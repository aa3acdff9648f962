/** A schedule as it is remembered. Instants are epoch milliseconds of the clocks of those who wrote them. */
export interface ScheduleRecord {
  readonly name: string;
  /** `code`: some process declares it at boot. `runtime`: somebody put it there, and it stays until it is removed. */
  readonly origin: ScheduleOrigin;
  /** When it fires, as JSON: as it was given. A change of it begins the schedule anew. */
  readonly timing: string;
  /** What it makes and how, as JSON: as it was given. */
  readonly body: string;
  /** One more with each change of timing, body or origin. */
  readonly version: number;
  readonly createdAt: number;
  /** Of its last change, a pause included. */
  readonly changedAt: number;
  /** When a process last said that it has it in code, or when it was put. */
  readonly seenAt: number;
  readonly pausedAt: number | undefined;
  /** Occurrences up to this instant are dealt with: they became jobs, or are not to. */
  readonly lastAt: number;
  /** Occurrences that became jobs, since the timing last changed. */
  readonly fired: number;
  /** The last job made of an occurrence. */
  readonly lastJob: ScheduledJob | undefined;
  /** The occurrence that waits for the end of the job before it. */
  readonly bufferedAt: number | undefined;
  /** Why the last occurrence made no job; undefined: it did, or was skipped as the schedule says. */
  readonly error: string | undefined;
}

export type ScheduleOrigin = 'code' | 'runtime';

export interface ScheduledJob {
  readonly id: string;
  /** Instant of its occurrence. */
  readonly at: number;
}

export interface NewSchedule {
  readonly name: string;
  readonly origin: ScheduleOrigin;
  readonly timing: string;
  readonly body: string;
  readonly at: number;
}

/** What a store answers to one who wants to lead. */
export interface Leadership {
  /** Whether the asker leads, for the time that it asked for. */
  readonly isLeader: boolean;
  /** The newest term: a fence, one more with each leader that takes over. */
  readonly term: number;
  /** Another number after each change of a schedule that `put`, `change` or `remove` made; `advance` leaves it. */
  readonly revision: number;
  /** How many schedules there are. */
  readonly count: number;
}

/** What the leader writes of occurrences that it dealt with. */
export interface ScheduleStep {
  readonly name: string;
  /** Of the schedule as the leader knows it. */
  readonly version: number;
  readonly term: number;
  readonly lastAt: number;
  /** The job that was made; undefined: none was. */
  readonly job: ScheduledJob | undefined;
  readonly bufferedAt: number | undefined;
  readonly error: string | undefined;
}

/** Schedules of an application, and who makes their jobs. Each call is atomic over all processes. */
export interface ScheduleStore {
  /**
   * Takes or renews the leadership, for `ttlMs` from now by the store's own clock. One holder at a time has it; nobody
   * while there are no schedules.
   */
  lead(holder: string, ttlMs: number): Promise<Leadership>;
  /** Gives the leadership up, where that holder has it. */
  resign(holder: string): Promise<void>;

  /**
   * Writes a schedule. A new one, and one whose timing changes, counts from `at`: `fired` is 0 and nothing waits. The
   * same again is only seen. Gives what was there before.
   */
  put(schedule: NewSchedule): Promise<ScheduleRecord | undefined>;
  /** All, or those of the names that are known, by name. */
  read(names?: readonly string[]): Promise<ScheduleRecord[]>;
  /** Says that a process has these in code. */
  touch(names: readonly string[], at: number): Promise<void>;
  /**
   * Pauses, or lets go on: what fell due in between is then dealt with, and what waited is dropped. Again it changes
   * nothing. Gives the schedule as it is then; undefined: it is not known.
   */
  change(
    name: string,
    change: { readonly kind: 'pause' | 'resume'; readonly at: number },
  ): Promise<ScheduleRecord | undefined>;
  /** Whether it was there and is gone. With `unseenSince`: only one of code that nobody saw after that instant. */
  remove(name: string, unseenSince?: number): Promise<boolean>;
  /** `stale`: the schedule is gone or another, or somebody led after that term. Then nothing is written. */
  advance(step: ScheduleStep): Promise<'written' | 'stale'>;

  /**
   * Calls back after each change that moves `revision`, until the returned function is called. For stores that no other
   * process sees: the others are asked from time to time.
   */
  onChange?(callback: () => void): () => void;
}

/** The longest name of a schedule, in bytes; ids of its jobs are made of it. */
export const MOST_SCHEDULE_NAME_BYTES = 120;
