import type { ScheduleRecord, ScheduledJob } from '../ports/store-schedules.js';
import { readBody, readTiming, type Body, type Timing } from './definition.js';
import { Occurrences } from './occurrences.js';

/** How often the leader looks whether the job has ended that an occurrence waits for. */
const BUFFER_LOOK_MS = 1_000;
/** After a publish that failed. */
const RETRY_MS = 2_000;

/** A schedule in the hands of the leader: what the store knows, and when something is to be done. */
export class ScheduleEntry {
  readonly timing: Timing;
  readonly body: Body;
  readonly occurrences: Occurrences;
  /** Its occurrences are dealt with one after the other. */
  isBusy = false;
  /** The store has another version: what is still to be made is left to that. */
  isReplaced = false;
  /** Of the last try; told once. */
  trouble: string | undefined;
  /** The broker has this job, and the store has not heard of it yet: it is not made again. */
  made: ScheduledJob | undefined;
  private notBefore = -Infinity;

  /** `before`: what was known of the schedule until now. */
  constructor(
    public record: ScheduleRecord,
    before: ScheduleEntry | undefined,
  ) {
    this.isBusy = before?.isBusy ?? false;
    this.trouble = before?.trouble;
    this.made = before?.made;
    this.notBefore = before?.notBefore ?? -Infinity;
    this.timing = readTiming(record);
    this.body = readBody(record);
    this.occurrences = new Occurrences(this.timing);
  }

  get name(): string {
    return this.record.name;
  }

  get isExhausted(): boolean {
    const { limit } = this.timing;
    return limit !== undefined && this.record.fired >= limit;
  }

  /** When something is to be done next; undefined: nothing is, for now. */
  nextAt(): number | undefined {
    if (this.record.pausedAt !== undefined || this.isExhausted) return undefined;
    if (this.record.bufferedAt !== undefined) return this.notBefore;
    const next = this.occurrences.after(this.record.lastAt);
    return next === undefined ? undefined : Math.max(next, this.notBefore);
  }

  /** Whether the store has nothing new to say of it but what this process wrote itself. */
  isStill(record: ScheduleRecord): boolean {
    return record.version === this.record.version && record.pausedAt === this.record.pausedAt;
  }

  retryLater(now: number): void {
    this.notBefore = now + RETRY_MS;
  }

  lookAgain(now: number): void {
    this.notBefore = now + BUFFER_LOOK_MS;
  }
}
