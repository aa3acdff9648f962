import { isFinal } from '../job/states.js';
import type { Clock } from '../kernel/clock.js';
import { WarrenError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { StoreChoice } from '../options/settings.js';
import { lacksUniqueKeys, type ResolvedUnique } from '../options/unique.js';
import type { JobRecord } from '../ports/job-record.js';
import { KEY_SAFETY_MS, type JobUnique, type KeyHold } from '../ports/job-unique.js';
import type { Outgoing } from './build.js';
import { uniqueKeyOf } from './unique-key.js';

/** What came of asking for the unique key of a job on its way out. */
export type Reservation =
  | {
      readonly kind: 'held';
      readonly key: string;
      /** Whether workers end it; else its time does. */
      readonly travels: boolean;
      /** With the first run of the job. */
      readonly untilStarted: boolean;
      /** Whether it ends with a publish that fails: it was not there before. */
      readonly isFresh: boolean;
    }
  /** Another job has it, and stands for this one. */
  | { readonly kind: 'taken'; readonly holder: string; readonly queue: string };

export interface ReserveParts {
  readonly settings: { readonly store: StoreChoice };
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined: nothing keeps keys. */
  readonly unique: JobUnique | undefined;
}

export interface Reserve {
  /**
   * @throws WarrenError WARREN_NOT_UNIQUE with the holder's id in `details.id`, WARREN_NO_STORE,
   * WARREN_STORE_UNAVAILABLE; ConfigurationError for a key function that fails.
   */
  take(context: Outgoing, asked: ResolvedUnique): Promise<Reservation>;
  /** The job was not published. */
  undo(reservation: Reservation | undefined, id: string): Promise<void>;
}

/** Unique keys of jobs that are enqueued. */
export function createReserve({ settings, clock, logger, unique }: ReserveParts): Reserve {
  let isOutageTold = false;

  return {
    async take(context, asked) {
      const { id, type, queue, plan } = context;
      if (!unique) throw noStore(type, settings.store);
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
        const { holder, isNew, record } = await ask(unique, hold, asked);
        isOutageTold = false;
        // An id that was given may have been enqueued before, and that job has the key.
        if (holder === id) return isNew || plan.id === undefined ? held : { ...held, isFresh: false };
        if (asked.onConflict === 'throw') throw notUnique(type, holder);
        return { kind: 'taken', holder, queue: record?.queue ?? queue };
      } catch (error) {
        if (!(error instanceof WarrenError) || error.code !== 'WARREN_STORE_UNAVAILABLE') throw error;
        if (asked.onStoreDown === 'throw') throw notAsked(type, error);
        if (!isOutageTold) logger.warn(withoutGuarantee(type, error));
        isOutageTold = true;
        return held;
      }
    },

    async undo(reservation, id) {
      if (reservation?.kind === 'held' && reservation.isFresh) await unique?.release(reservation.key, id);
    },
  };
}

/** Who holds the key now; of another job, what is known of it. */
async function ask(unique: JobUnique, hold: KeyHold, { until }: ResolvedUnique) {
  const { holder, isNew } = await unique.reserve(hold);
  if (holder === hold.holder) return { holder, isNew, record: undefined };
  const record = await unique.holderOf(holder);
  // One that is unknown may be on its way into the store.
  if (!record || !hasLetGo(record, until)) return { holder, isNew, record };
  await unique.release(hold.key, holder);
  return { ...(await unique.reserve(hold)), record: undefined };
}

/** Its worker died before it freed the key, or is about to. */
function hasLetGo({ state }: JobRecord, until: ResolvedUnique['until']): boolean {
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

function noStore(type: string, choice: StoreChoice): WarrenError {
  const why =
    lacksUniqueKeys(choice) ??
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
