import type { JobStore } from '../ports/job-store.js';

/** Hands a store to the connection. */
export type TakeStore = (store: JobStore, replace: boolean) => void;

/**
 * Where a job store that is a provider registers itself, in its constructor, instead of being given as an option:
 * `constructor(storage: JobStorage) { super({ … }); storage.registerSource(this); }`.
 */
export class JobStorage {
  readonly #take: TakeStore;

  /** Made by `JobsModule`; inject it. */
  constructor(take: TakeStore) {
    this.#take = take;
  }

  /**
   * Makes `store` the job store of the connection. Warren starts and closes it.
   * @throws ConfigurationError when it is no store, when the connection has one already and `replace` is not true, or
   * when it is in use already; WarrenError WARREN_IN_MEMORY_REFUSED for a store in memory in production.
   */
  registerSource(store: JobStore, { replace = false }: { readonly replace?: boolean } = {}): void {
    this.#take(store, replace);
  }
}
