import type { Timer } from '../kernel/clock.js';
import { describeError, isWarrenError } from '../kernel/errors/index.js';
import { within } from '../kernel/within.js';
import type { ScheduleRecord } from '../ports/store-schedules.js';
import { Dealing } from './dealing.js';
import { Declaring } from './declaring.js';
import type { CodeSchedule } from './definition.js';
import { Leader, RENEW_MS } from './leader.js';
import type { SchedulerParts } from './parts.js';
import { ScheduleEntry } from './schedule-entry.js';

/** While there are no schedules, somebody else may put the first. */
const IDLE_MS = 10_000;
const STOP_LIMIT_MS = 5_000;

/**
 * Makes the jobs of schedules, in the one process of the application that leads: created -> started -> stopped. It
 * asks for the lead in rounds; the leader takes the schedules anew when their revision moved, and sets a timer for
 * whatever is due next.
 */
export class Scheduler {
  private readonly leader: Leader;
  private readonly declaring: Declaring;
  private readonly dealing: Dealing;
  private readonly code: ReadonlyMap<string, CodeSchedule>;
  private entries = new Map<string, ScheduleEntry>();
  private revision: number | undefined;
  private roundTimer: Timer | undefined;
  private dueTimer: Timer | undefined;
  private leaveStore: (() => void) | undefined;
  private round: Promise<void> | undefined;
  private isAskedAgain = false;
  private readonly busy = new Set<Promise<void>>();
  private state: 'created' | 'started' | 'stopped' = 'created';
  private isStill = false;
  private ledInTerm: number | undefined;

  constructor(private readonly parts: SchedulerParts) {
    const { store, clock, code, holder } = parts;
    this.leader = new Leader(store, clock, holder);
    this.declaring = new Declaring(parts);
    this.code = new Map(code.map((schedule) => [schedule.name, schedule]));
    this.dealing = new Dealing({ ...parts, leader: this.leader, codeOf: (name) => this.code.get(name) });
  }

  start(): void {
    if (this.state !== 'created') return;
    this.state = 'started';
    this.leaveStore = this.parts.store.onChange?.(() => this.lookNow());
    this.lookNow();
  }

  /** `leads`: this process makes the jobs. `still`: the job store does not answer, so nobody here knows who does. */
  get part(): 'leads' | 'follows' | 'still' {
    if (this.isStill) return 'still';
    return this.leader.term === undefined ? 'follows' : 'leads';
  }

  /** Does the next round at once: something changed. */
  lookNow(): void {
    if (this.state !== 'started') return;
    if (this.round) {
      this.isAskedAgain = true;
      return;
    }
    this.roundTimer?.cancel();
    // A timer set inside a request would keep that request's async context.
    this.round = this.parts.detached(() => this.doRound());
  }

  /** Makes nothing from now on, waits 5 s at most for what is on its way, and lets another lead. Never rejects. */
  async stop(): Promise<void> {
    if (this.state === 'stopped') return;
    this.state = 'stopped';
    this.leaveStore?.();
    this.roundTimer?.cancel();
    this.dueTimer?.cancel();
    for (const entry of this.entries.values()) entry.isReplaced = true;
    // A payload function of the application may take any time.
    await within(Promise.all([this.round, ...this.busy]), STOP_LIMIT_MS, this.parts.clock);
    // With the store away its lease ends by itself.
    await this.leader.resign().catch(() => undefined);
  }

  private async doRound(): Promise<void> {
    let waitMs: number | undefined = RENEW_MS;
    try {
      await this.declaring.declare();
      const answer = await this.leader.ask();
      this.tellWhetherStill(undefined);
      if (answer) await this.follow(answer.revision);
      if (answer?.count === 0) waitMs = this.parts.store.onChange ? undefined : IDLE_MS;
    } catch (error) {
      this.tellWhetherStill(error);
    }
    this.round = undefined;
    if (this.state !== 'started') return;
    if (this.isAskedAgain) {
      this.isAskedAgain = false;
      this.lookNow();
    } else if (waitMs !== undefined) {
      this.roundTimer = this.parts.clock.setTimer(waitMs, () => this.lookNow());
    }
    this.look();
  }

  private async follow(revision: number): Promise<void> {
    const { leader, parts } = this;
    const { term } = leader;
    if (term === undefined) {
      this.revision = undefined;
      this.ledInTerm = undefined;
      return;
    }
    if (revision !== this.revision || term !== this.ledInTerm) {
      const records = await parts.store.read();
      this.take(records);
      if (term !== this.ledInTerm) {
        parts.logger.info(
          `Schedules: this process makes the jobs of ${records.length} of them (term ${term}).`,
        );
      }
      this.revision = revision;
      this.ledInTerm = term;
      return;
    }
    await this.declaring.sweep(leader.since);
  }

  private take(records: readonly ScheduleRecord[]): void {
    const entries = new Map<string, ScheduleEntry>();
    for (const record of records) {
      const known = this.entries.get(record.name);
      const entry = known?.isBusy && known.isStill(record) ? known : this.read(record, known);
      if (entry) entries.set(record.name, entry);
      if (known && entry !== known) known.isReplaced = true;
    }
    this.entries = entries;
  }

  /** Another version of Warren may have written what this one cannot read. */
  private read(record: ScheduleRecord, before: ScheduleEntry | undefined): ScheduleEntry | undefined {
    try {
      return new ScheduleEntry(record, before);
    } catch (error) {
      const { message } = describeError(error);
      this.parts.logger.error(
        `Schedule ${record.name} makes no jobs: what the job store has of it cannot be read: ${message}`,
      );
      return undefined;
    }
  }

  /** Deals with what is due, and sets the timer for what is due next. */
  private look(): void {
    this.dueTimer?.cancel();
    if (this.state !== 'started' || this.leader.term === undefined) return;
    const { clock } = this.parts;
    const now = clock.now();
    let next = Infinity;
    for (const entry of this.entries.values()) {
      if (entry.isBusy) continue;
      const at = entry.nextAt();
      if (at === undefined) continue;
      if (at > now) next = Math.min(next, at);
      else this.begin(entry);
    }
    if (next < Infinity) this.dueTimer = clock.setTimer(next - now, () => this.look());
  }

  private begin(entry: ScheduleEntry): void {
    entry.isBusy = true;
    const work = this.dealWith(entry).finally(() => {
      this.busy.delete(work);
      entry.isBusy = false;
      const now = this.entries.get(entry.name);
      // Taken anew meanwhile: what this one did is in the store.
      if (now && now !== entry) {
        now.isBusy = false;
        this.readAgain();
      } else {
        this.look();
      }
    });
    this.busy.add(work);
  }

  private async dealWith(entry: ScheduleEntry): Promise<void> {
    try {
      const dealt = await this.dealing.deal(entry);
      if (dealt === 'done') {
        entry.trouble = undefined;
        return;
      }
      entry.retryLater(this.parts.clock.now());
      if (dealt === 'aside') await this.stepAside(entry);
      else this.readAgain();
    } catch (error) {
      entry.retryLater(this.parts.clock.now());
      const { name, message } = describeError(error);
      const trouble = `${name}: ${message}`;
      if (trouble !== entry.trouble) {
        this.parts.logger.warn(
          `Schedule ${entry.name}: its next job could not be made, and is tried again: ${trouble}`,
        );
      }
      entry.trouble = trouble;
    }
  }

  private readAgain(): void {
    this.revision = undefined;
    this.lookNow();
  }

  private async stepAside(entry: ScheduleEntry): Promise<void> {
    const line = `Schedule ${entry.name}: its payload is made by a function that is not in the code of this process. Another process that has it takes over, if there is one.`;
    if (entry.trouble !== line) this.parts.logger.warn(line);
    entry.trouble = line;
    await this.leader.stepAside();
  }

  private tellWhetherStill(error: unknown): void {
    const { logger } = this.parts;
    if (error === undefined) {
      if (this.isStill) logger.info('Schedules: the job store answers again, and they go on.');
      this.isStill = false;
      return;
    }
    if (this.isStill || isWarrenError(error, 'WARREN_CLOSED')) return;
    this.isStill = true;
    logger.warn(
      `Schedules stand still: the job store did not answer: ${describeError(error).message} When it is back, occurrences that were missed are made as \`missed\` says.`,
    );
  }
}
