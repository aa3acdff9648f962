import { WarrenError } from '../kernel/errors/index.js';
import type { JobStore } from '../ports/job-store.js';

/** What a test does to a store while jobs run. */
export interface StoreFaults {
  /** Calls fail at once. */
  isAway: boolean;
  /** Calls that have come so far, as `facet.method`. */
  readonly calls: string[];
  /** Instead of a call; undefined: the call goes through. */
  instead?: (name: string, call: () => unknown) => unknown;
}

/**
 * Any job store, with faults on demand. Without the facet `registry`, which is asked by the clock, unless that is said:
 * tests that let days pass would wait for each look.
 */
export function flakyStore(
  store: JobStore,
  faults: StoreFaults,
  { registry }: Pick<JobStore, 'registry'> = {},
): JobStore {
  const guarded = <Facet extends object>(facet: Facet, facetName: string): Facet =>
    new Proxy(facet, {
      get: (target, name) => {
        const method = target[name as keyof Facet];
        if (typeof method !== 'function') return method;
        // Asks nobody anything.
        if (name === 'onChange') return method.bind(target) as unknown;
        return (...given: unknown[]) => {
          const called = `${facetName}.${String(name)}`;
          faults.calls.push(called);
          if (faults.isAway) {
            return Promise.reject(new WarrenError('WARREN_STORE_UNAVAILABLE', 'away for the test'));
          }
          const call = (): unknown => (method as (...args: unknown[]) => unknown).apply(target, given);
          return faults.instead ? faults.instead(called, call) : call();
        };
      },
    });
  return {
    kind: `flaky ${store.kind}`,
    records: guarded(store.records, 'records'),
    ...(store.reads && { reads: guarded(store.reads, 'reads') }),
    ...(store.unique && { unique: guarded(store.unique, 'unique') }),
    ...(store.limits && { limits: guarded(store.limits, 'limits') }),
    ...(store.schedules && { schedules: guarded(store.schedules, 'schedules') }),
    ...(registry && { registry: guarded(registry, 'registry') }),
    start: () => store.start(),
    status: () => store.status(),
    close: () => store.close(),
  };
}
