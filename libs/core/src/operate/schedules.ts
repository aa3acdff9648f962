import type { JobRef } from '../enqueue/job-ref.js';
import type { Submit } from '../enqueue/submit.js';
import type { Clock } from '../kernel/clock.js';
import { ConfigurationError, WarrenError } from '../kernel/errors/index.js';
import type { ScheduleOptions } from '../options/schedule.js';
import type { Settings } from '../options/settings.js';
import { jsonCodec } from '../payload/codec.js';
import { checkSize } from '../payload/size.js';
import { validatorFor } from '../payload/validator.js';
import type { ScheduleRecord, ScheduleStore } from '../ports/store-schedules.js';
import { scheduleProblems } from '../schedules/check.js';
import { bodyOf, nameProblem, readBody, timingOf, type CodeSchedule } from '../schedules/definition.js';
import { TOUCH_MS } from '../schedules/declaring.js';
import { requestOf } from '../schedules/occurrence-job.js';
import { nextOf, scheduleView, type Schedule } from './schedule-view.js';
import type { StoreDoor } from './store-door.js';

export interface SchedulesParts extends StoreDoor {
  readonly settings: Pick<Settings, 'queues' | 'maxPayloadBytes'>;
  readonly clock: Clock;
  readonly submit: Submit;
  /** Of this process. */
  readonly codeOf: (name: string) => CodeSchedule | undefined;
  /** A schedule was changed here. */
  readonly onChange: () => void;
}

const MOST_NEXT = 1_000;

/**
 * Schedules: what makes jobs at instants. They are in the job store, and one process of the application makes their
 * jobs; a change counts there within 2 s.
 */
export class Schedules {
  constructor(private readonly parts: SchedulesParts) {}

  /**
   * Puts a schedule, new or in the place of the one of that name. It stays until it is removed. One whose timing (`cron`,
   * `every`, `tz`, `startAt`, `endAt`, `limit`) changes begins anew; else it goes on where it was, and stays paused if
   * it was.
   * @param name letters, digits, `_`, `.`, `:`, `-`; 1 to 120 characters.
   * @throws ConfigurationError listing every problem; WarrenError WARREN_PAYLOAD_INVALID, WARREN_PAYLOAD_NOT_JSON,
   * WARREN_PAYLOAD_TOO_LARGE; WARREN_SCHEDULE_IN_CODE for a name that some process has in code; WARREN_NO_STORE,
   * WARREN_STORE_UNAVAILABLE, as all others.
   */
  async upsert(name: string, options: ScheduleOptions): Promise<Schedule> {
    const place = `jobs.schedules.upsert(${JSON.stringify(String(name).slice(0, 60))})`;
    const store = await this.open('jobs.schedules.upsert');
    await this.check(name, options, place);
    const [known] = await store.read([name]);
    if (known && this.isInCode(known)) throw inCode(`${place}: the schedule is declared in code`, name);
    const timing = JSON.stringify(timingOf(options));
    const body = JSON.stringify(bodyOf(options, false));
    await store.put({ name, origin: 'runtime', timing, body, at: this.parts.clock.now() });
    this.parts.onChange();
    return await this.require(name, store);
  }

  /** All of them, by name. */
  async list(): Promise<Schedule[]> {
    const store = await this.open('jobs.schedules.list');
    const now = this.parts.clock.now();
    return (await store.read()).map((record) => scheduleView(record, now));
  }

  /** Undefined: there is none of that name. */
  async get(name: string): Promise<Schedule | undefined> {
    const store = await this.open('jobs.schedules.get');
    const [record] = await store.read([requireName(name, 'jobs.schedules.get')]);
    return record && scheduleView(record, this.parts.clock.now());
  }

  /**
   * Its next occurrences, as if it were not paused, without jitter; fewer where it ends before.
   * @param count 1 to 1000; default 1.
   * @throws WarrenError WARREN_SCHEDULE_NOT_FOUND.
   */
  async next(name: string, count = 1): Promise<Date[]> {
    if (!Number.isSafeInteger(count) || count < 1 || count > MOST_NEXT) {
      throw new ConfigurationError([
        `jobs.schedules.next: count ${String(count)} is not a whole number from 1 to ${MOST_NEXT}.`,
      ]);
    }
    const store = await this.open('jobs.schedules.next');
    const [record] = await store.read([requireName(name, 'jobs.schedules.next')]);
    if (!record) throw notFound(name);
    return nextOf(record, this.parts.clock.now(), count);
  }

  /**
   * Makes one more job now, whatever runs and although the schedule may be paused: it is no occurrence, and counts
   * towards no limit.
   * @throws WarrenError WARREN_SCHEDULE_NOT_FOUND, WARREN_SCHEDULE_IN_CODE when only the code of another process can
   * make the payload; and as `enqueue`.
   */
  async trigger(name: string): Promise<JobRef> {
    const store = await this.open('jobs.schedules.trigger');
    const [record] = await store.read([requireName(name, 'jobs.schedules.trigger')]);
    if (!record) throw notFound(name);
    const at = this.parts.clock.now();
    const body = readBody(record);
    const compute = this.parts.codeOf(name)?.compute;
    if (body.isComputed && !compute) {
      throw inCode(
        'jobs.schedules.trigger: its payload is made by code that this process does not have',
        name,
      );
    }
    const payload = body.isComputed ? await compute!({ schedule: name, at: new Date(at) }) : body.payload;
    return await this.parts.submit(requestOf({ schedule: name, body, at, payload, id: undefined }));
  }

  /**
   * Makes it fire no more, within 2 s, until `resume`: over restarts too. Again it changes nothing.
   * @throws WarrenError WARREN_SCHEDULE_NOT_FOUND.
   */
  pause(name: string): Promise<Schedule> {
    return this.change(name, 'pause');
  }

  /**
   * Lets it go on with the next occurrence from now on; those in between are not made up for.
   * @throws WarrenError WARREN_SCHEDULE_NOT_FOUND.
   */
  resume(name: string): Promise<Schedule> {
    return this.change(name, 'resume');
  }

  /**
   * Removes it. Jobs that it made stay. Gives whether it was there.
   * @throws WarrenError WARREN_SCHEDULE_IN_CODE for one that some process has in code.
   */
  async remove(name: string): Promise<boolean> {
    const store = await this.open('jobs.schedules.remove');
    const [record] = await store.read([requireName(name, 'jobs.schedules.remove')]);
    if (!record) return false;
    if (this.isInCode(record)) throw inCode('jobs.schedules.remove: the schedule is declared in code', name);
    const isRemoved = await store.remove(name);
    this.parts.onChange();
    return isRemoved;
  }

  private async change(name: string, kind: 'pause' | 'resume'): Promise<Schedule> {
    const store = await this.open(`jobs.schedules.${kind}`);
    const at = this.parts.clock.now();
    const record = await store.change(requireName(name, `jobs.schedules.${kind}`), { kind, at });
    if (!record) throw notFound(name);
    this.parts.onChange();
    return scheduleView(record, at);
  }

  private async check(name: string, options: ScheduleOptions, place: string): Promise<void> {
    const { settings, clock, store } = this.parts;
    const ground = { queues: settings.queues, now: clock.now(), hasReads: store?.reads !== undefined };
    const problems = scheduleProblems(name, options, false, ground);
    if (problems.length > 0) throw new ConfigurationError(problems.map((problem) => `${place}: ${problem}`));
    const encoded = jsonCodec.encode(options.payload);
    checkSize(encoded, settings.maxPayloadBytes, place);
    const contract = typeof options.job === 'string' ? undefined : options.job.payload;
    if (contract) await validatorFor(contract, place).check(jsonCodec.decode(encoded));
  }

  /** Seen lately: one that is gone from code may be removed before its grace time is over. */
  private isInCode({ origin, seenAt }: ScheduleRecord): boolean {
    return origin === 'code' && seenAt > this.parts.clock.now() - 3 * TOUCH_MS;
  }

  private async require(name: string, store: ScheduleStore): Promise<Schedule> {
    const [record] = await store.read([name]);
    if (!record) throw notFound(name);
    return scheduleView(record, this.parts.clock.now());
  }

  private async open(feature: string): Promise<ScheduleStore> {
    const { store, connected } = this.parts;
    const lack = lacksSchedules(store);
    if (!store?.schedules || lack !== undefined) {
      throw new WarrenError('WARREN_NO_STORE', `${feature}: ${lack ?? ''}`);
    }
    await connected();
    return store.schedules;
  }
}

/** Why this connection cannot keep schedules; undefined: it can. */
export function lacksSchedules(store: StoreDoor['store']): string | undefined {
  if (!store) {
    return 'schedules need a job store, and this connection has none. Give one: JobsModule.forRoot({ store: new RedisJobStore({ url }) }).';
  }
  if (store.schedules) return undefined;
  return `schedules need the facet 'schedules', which the job store given (${store.kind}) does not have. Give a store that has it.`;
}

function requireName(name: unknown, place: string): string {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new ConfigurationError([`${place}: ${problem}`]);
  return name as string;
}

function notFound(name: string): WarrenError {
  return new WarrenError(
    'WARREN_SCHEDULE_NOT_FOUND',
    `There is no schedule ${JSON.stringify(name)}: it was never put, or it was removed. Look at the name; jobs.schedules.list() gives all.`,
    { details: { name } },
  );
}

function inCode(what: string, name: string): WarrenError {
  return new WarrenError(
    'WARREN_SCHEDULE_IN_CODE',
    `${what} (${name}). Change it there, or pause it: jobs.schedules.pause('${name}').`,
    { details: { name } },
  );
}
