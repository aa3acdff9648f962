import type { Logger } from '../kernel/logger.js';
import type { LimitStore } from './store-limits.js';
import type { ReadStore, UniqueStore } from './store-reads.js';
import type { RecordStore } from './store-records.js';
import type { RegistryStore } from './store-registry.js';
import type { ScheduleStore } from './store-schedules.js';

/**
 * What remembers jobs; it never moves them. It is cut into facets: a store may lack some. What the options and
 * decorators of an application need of a missing one is refused at boot; what is only asked for at run time, such as
 * `jobs.get` without `reads`, throws WARREN_NO_STORE at the call, and the boot log says so. Every facet passes its part of `jobStoreContract` of `nestjs-warren/testing`.
 *
 * All instants are epoch milliseconds, given by the caller: a store has no clock but for expiry. Ids, keys, tags and
 * queue names are any text of 1 to 255 bytes. Payloads, results and progress come back as they were given, whatever
 * their size: what is too large to be kept is for the caller to leave out.
 */
export interface JobStore {
  /** `memory`, `redis`. */
  readonly kind: string;
  readonly records: RecordStore;
  readonly reads?: ReadStore;
  readonly unique?: UniqueStore;
  readonly limits?: LimitStore;
  readonly schedules?: ScheduleStore;
  readonly registry?: RegistryStore;

  /**
   * Connects. Resolves when the first try succeeded, or failed in a way that may heal (the store then goes on trying
   * by itself; its calls throw WARREN_STORE_UNAVAILABLE meanwhile).
   * @throws WarrenError WARREN_ACCESS_REFUSED when user or password are refused.
   */
  start(host?: StoreHost): Promise<void>;
  status(): StoreStatus;
  /** Ends what it opened itself; a client that was given stays open. Calls after it throw WARREN_CLOSED. */
  close(): Promise<void>;
}

/** Who starts a store: what it was not told by its own options it takes from here. */
export interface StoreHost {
  /** Applications of one name share their jobs. */
  readonly app: string;
  readonly logger: Logger;
}

export type StoreFacet = 'records' | 'reads' | 'unique' | 'limits' | 'schedules' | 'registry';

export interface StoreStatus {
  readonly state: 'connecting' | 'up' | 'down' | 'closed';
  /** One line for humans: what it is, where (without credentials), what is wrong. */
  readonly text: string;
}
