import { isFinal, type JobState } from '../job/states.js';
import type { Clock } from '../kernel/clock.js';
import { WarrenError, isWarrenError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { StoreChoice } from '../options/settings.js';
import { lacksUniqueKeys, type ResolvedUnique } from '../options/unique.js';
import type { JobRecord } from '../ports/job-record.js';
import { KEY_SAFETY_MS, type JobUnique, type KeyHold } from '../ports/job-unique.js';
import type { Reopening } from '../ports/store-records.js';
import type { Outgoing, Reservation } from './build.js';
import { carriedText, readCarried } from './carried.js';
import { rememberedPayload } from './new-job.js';
import type { Replace } from './replace.js';
import { uniqueKeyOf } from './unique-key.js';

export interface ReserveParts {
  readonly settings: { readonly store: StoreChoice; readonly maxRememberedBytes: number };
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined: nothing keeps keys. */
  readonly unique: JobUnique | undefined;
  /** Publishes the new message of a holder that was opened for it. */
  readonly replace: Replace;
}

/**
 * Takes the unique key of a job that is enqueued.
 * @throws WarrenError WARREN_NOT_UNIQUE with the holder's id in `details.id`, WARREN_NO_STORE,
 * WARREN_STORE_UNAVAILABLE; ConfigurationError for a key function that fails; as a publish, when the holder's new
 * message was not taken.
 */
export type Reserve = (context: Outgoing, asked: ResolvedUnique) => Promise<Reservation>;

export function createReserve({ settings, clock, logger, unique, replace }: ReserveParts): Reserve {
  let isOutageTold = false;

  return async (context, asked) => {
    const { id, type, plan } = context;
    const lack = lacksUniqueKeys(settings.store, asked);
    if (!unique || lack !== undefined) throw noStore(type, lack);
    const key = uniqueKeyOf(context, asked);
    const hold = { key, holder: id, ttlMs: ttlOf(asked, plan.notBefore, clock.now()) };
    const held = {
      kind: 'held',
      key,
      travels: typeof asked.until === 'string',
      untilStarted: asked.until === 'started',
      isFresh: true,
    } as const;
    try {
      const first = await unique.reserve(hold);
      isOutageTold = false;
      if (first.holder === id) {
        // An id that was given may have been enqueued before, and that job has the key.
        return first.isNew || plan.id === undefined ? held : { ...held, isFresh: false };
      }
      const record = await unique.holderOf(first.holder);
      // One that is unknown may be on its way into the store.
      if (!record || (await keeps(context, asked, hold, record, unique))) {
        return taken(context, asked, first.holder, record);
      }
      await unique.release(key, first.holder);
      const second = await unique.reserve(hold);
      return second.holder === id ? held : taken(context, asked, second.holder, undefined);
    } catch (error) {
      if (!isWarrenError(error, 'WARREN_STORE_UNAVAILABLE')) throw error;
      if (asked.onStoreDown === 'throw') throw notAsked(type, error);
      if (!isOutageTold) logger.warn(withoutGuarantee(type, error));
      isOutageTold = true;
      return held;
    }
  };

  /** Whether the holder goes on to hold the key; where that is asked for, with the payload and the time of this job. */
  async function keeps(
    context: Outgoing,
    asked: ResolvedUnique,
    hold: KeyHold,
    record: JobRecord,
    keys: JobUnique,
  ): Promise<boolean> {
    if (hasLetGo(record.state, asked.until)) return false;
    if (asked.onConflict !== 'replace' || !REPLACED.includes(record.state)) return true;
    const { plan, body } = context;
    const opening: Reopening = {
      at: clock.now(),
      from: REPLACED,
      dueAt: plan.notBefore,
      attempt: undefined,
      payload: {
        json: rememberedPayload(body, settings.maxRememberedBytes),
        // As `replace` publishes it, for a new message of it later on.
        carried: carriedText({ ...readCarried(record.carried), deadlineAt: plan.deadlineAt }),
      },
    };
    const answer = await keys.reopen(record.id, opening, (late) => {
      // Its old message will not run, whatever its producer was told.
      if (late.kind === 'reopened') replace(context, late.job, hold).catch(() => undefined);
    });
    if (answer.kind === 'refused') return !hasLetGo(answer.state, asked.until);
    if (answer.kind === 'unknown') return true;
    // From here on only the new message runs, so nothing keeps it from being published.
    if (typeof asked.until === 'string') {
      await keys.reserve({ ...hold, holder: record.id }).catch(() => undefined);
    }
    await replace(context, answer.job, hold);
    return true;
  }
}

/** The key that ends with a publish that fails; undefined: none. */
export function keyTakenBy(reservation: Reservation | undefined): string | undefined {
  return reservation?.kind === 'held' && reservation.isFresh ? reservation.key : undefined;
}

/** In these no run has begun, or the next is to come. */
const REPLACED: readonly JobState[] = ['scheduled', 'queued'];

function taken(
  { type, queue }: Outgoing,
  { onConflict }: ResolvedUnique,
  holder: string,
  record: JobRecord | undefined,
): Reservation {
  if (onConflict === 'throw') throw notUnique(type, holder);
  return { kind: 'taken', holder, queue: record?.queue ?? queue };
}

/** Its worker died before it freed the key, or is about to. */
export function hasLetGo(state: JobState, until: ResolvedUnique['until']): boolean {
  if (typeof until === 'number') return state === 'enqueue_failed';
  return isFinal(state) || (until === 'started' && (state === 'active' || state === 'retrying'));
}

function ttlOf({ until }: ResolvedUnique, notBefore: number | undefined, now: number): number {
  return typeof until === 'number' ? until : Math.max(0, (notBefore ?? now) - now) + KEY_SAFETY_MS;
}

function notUnique(type: string, id: string): WarrenError {
  return new WarrenError(
    'WARREN_NOT_UNIQUE',
    `enqueue('${type}'): job ${JSON.stringify(id)} holds the unique key of this one, so nothing was enqueued. Wait until it frees the key, give another key, or onConflict: 'return' for a ref of that job.`,
    { details: { id, type } },
  );
}

/** Without a `lack`, a store is there and out of reach for this thread. */
function noStore(type: string, lack: string | undefined): WarrenError {
  const why =
    lack ??
    'the option unique needs a job store, and a worker thread cannot reach one in memory. Give a RedisJobStore, or enqueue in the main thread.';
  return new WarrenError('WARREN_NO_STORE', `enqueue('${type}'): ${why}`);
}

function notAsked(type: string, cause: WarrenError): WarrenError {
  return new WarrenError(
    'WARREN_STORE_UNAVAILABLE',
    `enqueue('${type}'): its unique key could not be reserved, so nothing was enqueued: ${cause.message} Enqueue again when the store is back, or give onStoreDown: 'allow'.`,
    { cause },
  );
}

function withoutGuarantee(type: string, cause: WarrenError): string {
  return `enqueue('${type}'): its unique key could not be reserved, so that it may be a second job, as may those to come until the job store is back: ${cause.message}`;
}
