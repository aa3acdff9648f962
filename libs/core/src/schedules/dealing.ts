import type { JobRequest } from '../enqueue/submit.js';
import { isFinal } from '../job/states.js';
import { describeError, isWarrenError, type ErrorCode } from '../kernel/errors/index.js';
import type { ScheduledJob } from '../ports/store-schedules.js';
import type { CodeSchedule } from './definition.js';
import { dueOf, MOST_AT_ONCE } from './due.js';
import type { Leader } from './leader.js';
import { occurrenceId, requestOf } from './occurrence-job.js';
import type { SchedulerParts } from './parts.js';
import type { ScheduleEntry } from './schedule-entry.js';

export type DealingParts = Pick<
  SchedulerParts,
  'store' | 'reads' | 'clock' | 'random' | 'logger' | 'enqueue' | 'cancel'
> & {
  readonly leader: Leader;
  readonly codeOf: (name: string) => CodeSchedule | undefined;
};

/** `stale`: the store knows a newer schedule or leader. `aside`: this process cannot make the payload. */
export type Dealt = 'done' | 'stale' | 'aside';

/** No try would go better: the occurrence is passed over. */
const HOPELESS: readonly ErrorCode[] = [
  'WARREN_CONFIGURATION',
  'WARREN_PAYLOAD_INVALID',
  'WARREN_PAYLOAD_NOT_JSON',
  'WARREN_PAYLOAD_TOO_LARGE',
];

/**
 * Deals with what is due of one schedule. First the broker has the job, then the store hears that the occurrence is dealt
 * with: a leader that dies in between has made a job that the next one makes again under the same id, of which one runs.
 */
export class Dealing {
  constructor(private readonly parts: DealingParts) {}

  /** @throws what the store and the broker throw: to be tried again. */
  async deal(entry: ScheduleEntry): Promise<Dealt> {
    const { clock, logger, leader, codeOf } = this.parts;
    const { record, body, name } = entry;
    if (record.pausedAt !== undefined || entry.isExhausted) return 'done';
    if (body.isComputed && !codeOf(name)?.compute) return 'aside';
    if (record.bufferedAt !== undefined) {
      const dealt = await this.dealWithBuffered(entry, record.bufferedAt);
      if (dealt !== 'done' || entry.isExhausted) return dealt;
    }
    const due = dueOf(
      entry.occurrences,
      { lastAt: entry.record.lastAt, since: leader.since, now: clock.now() },
      body.missed,
    );
    if (due.isCut) {
      logger.warn(
        `Schedule ${name}: more than ${MOST_AT_ONCE} occurrences were missed; the oldest ${MOST_AT_ONCE} are made, the others are not.`,
      );
    }
    for (const at of due.make) {
      if (entry.isReplaced) return 'done';
      if (entry.isExhausted) break;
      const dealt = await this.dealWithOne(entry, at);
      if (dealt !== 'done') return dealt;
    }
    if (due.upTo === undefined || due.upTo <= entry.record.lastAt) return 'done';
    return await this.advance(entry, { lastAt: due.upTo });
  }

  private async dealWithBuffered(entry: ScheduleEntry, at: number): Promise<Dealt> {
    if (!(await this.runs(entry))) return await this.make(entry, at);
    entry.lookAgain(this.parts.clock.now());
    return 'done';
  }

  private async dealWithOne(entry: ScheduleEntry, at: number): Promise<Dealt> {
    const { overlap } = entry.body;
    if (overlap === 'allow' || !(await this.runs(entry))) return await this.make(entry, at);
    const { lastJob, bufferedAt } = entry.record;
    const which = `Schedule ${entry.name}: the occurrence of ${new Date(at).toISOString()}`;
    if (overlap === 'cancel-previous') {
      await this.cancel(lastJob!.id, entry.name);
      return await this.make(entry, at);
    }
    if (overlap === 'buffer-one' && bufferedAt === undefined) {
      this.parts.logger.info(`${which} waits for the end of job ${lastJob!.id}.`);
      const dealt = await this.advance(entry, { lastAt: at, bufferedAt: at });
      entry.lookAgain(this.parts.clock.now());
      return dealt;
    }
    this.parts.logger.info(`${which} is skipped, as job ${lastJob!.id} has not ended.`);
    return await this.advance(entry, { lastAt: at });
  }

  private async cancel(id: string, schedule: string): Promise<void> {
    try {
      await this.parts.cancel(id, `the next occurrence of schedule ${schedule} is due`);
    } catch (error) {
      // It ended meanwhile, and is forgotten.
      if (!isWarrenError(error, 'WARREN_JOB_NOT_FOUND')) throw error;
    }
  }

  /** Whether the job of the occurrence before has not ended, as far as is known. */
  private async runs({ record }: ScheduleEntry): Promise<boolean> {
    const { lastJob } = record;
    if (!lastJob || !this.parts.reads) return false;
    const [job] = await this.parts.reads.get([lastJob.id]);
    return job !== undefined && !isFinal(job.state);
  }

  private async make(entry: ScheduleEntry, at: number): Promise<Dealt> {
    const { clock, enqueue, codeOf, leader } = this.parts;
    const { name, body } = entry;
    const lastAt = Math.max(at, entry.record.lastAt);
    const bufferedAt = waitingBut(at, entry);
    if (body.deadlineMs !== undefined && at + body.deadlineMs <= clock.now()) {
      this.parts.logger.warn(
        `Schedule ${name}: the occurrence of ${new Date(at).toISOString()} is skipped, as its deadline is over.`,
      );
      return await this.advance(entry, { lastAt, bufferedAt });
    }
    const job = { id: occurrenceId(name, at), at };
    if (entry.made?.id !== job.id) {
      try {
        const payload = body.isComputed ? await computed(codeOf(name)!, at) : { value: body.payload };
        if ('error' in payload) return await this.passOver(entry, at, payload.error);
        // The lease may have ended meanwhile: another makes it then.
        if (leader.term === undefined) return 'stale';
        await enqueue(this.requestFor(entry, job, payload.value));
      } catch (error) {
        if (!HOPELESS.some((code) => isWarrenError(error, code))) throw error;
        return await this.passOver(entry, at, error);
      }
      entry.made = job;
    }
    return await this.advance(entry, { lastAt, job, bufferedAt });
  }

  private requestFor({ name, body }: ScheduleEntry, { id, at }: ScheduledJob, payload: unknown): JobRequest {
    const { random, codeOf } = this.parts;
    const dueAt = body.jitterMs > 0 ? at + Math.floor(random.next() * (body.jitterMs + 1)) : undefined;
    const job = codeOf(name)?.options.job;
    return requestOf({
      schedule: name,
      body,
      at,
      payload,
      id,
      ...(dueAt !== undefined && { dueAt }),
      definition: typeof job === 'object' && job.type === body.type ? job : undefined,
    });
  }

  private async passOver(entry: ScheduleEntry, at: number, error: unknown): Promise<Dealt> {
    const { name, message } = describeError(error);
    const text = `${name}: ${message}`.slice(0, 1_000);
    this.parts.logger.error(
      `Schedule ${entry.name}: no job was made of the occurrence of ${new Date(at).toISOString()}: ${text}`,
    );
    return await this.advance(entry, {
      lastAt: Math.max(at, entry.record.lastAt),
      bufferedAt: waitingBut(at, entry),
      error: text,
    });
  }

  private async advance(
    entry: ScheduleEntry,
    said: {
      readonly lastAt: number;
      readonly job?: { readonly id: string; readonly at: number };
      readonly bufferedAt?: number | undefined;
      readonly error?: string;
    },
  ): Promise<Dealt> {
    const { store, leader } = this.parts;
    const { term } = leader;
    if (term === undefined) return 'stale';
    const { record } = entry;
    const { lastAt, job, error } = said;
    const bufferedAt = 'bufferedAt' in said ? said.bufferedAt : record.bufferedAt;
    const step = { name: record.name, version: record.version, term, lastAt, job, bufferedAt, error };
    if ((await store.advance(step)) === 'stale') return 'stale';
    entry.record = {
      ...record,
      lastAt: Math.max(record.lastAt, lastAt),
      fired: record.fired + (job ? 1 : 0),
      lastJob: job ?? record.lastJob,
      bufferedAt,
      error,
    };
    return 'done';
  }
}

/** The occurrence that waits, unless it is this one. */
function waitingBut(at: number, { record }: ScheduleEntry): number | undefined {
  return record.bufferedAt === at ? undefined : record.bufferedAt;
}

async function computed(
  { name, compute }: CodeSchedule,
  at: number,
): Promise<{ readonly value: unknown } | { readonly error: unknown }> {
  try {
    return { value: await compute!({ schedule: name, at: new Date(at) }) };
  } catch (error) {
    return { error };
  }
}
