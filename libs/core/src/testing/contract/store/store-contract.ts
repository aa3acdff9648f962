import assert from 'node:assert/strict';
import type { JobStore, StoreFacet } from '../../../ports/job-store.js';
import { CASE_LIMIT_MS, registerCases } from '../register-cases.js';
import { cancellingCases } from './cancelling.js';
import { claimingCases } from './claiming.js';
import { closingStoreCases } from './closing-store.js';
import { enqueueingCases } from './enqueueing.js';
import { fencingCases } from './fencing.js';
import { findingCases } from './finding.js';
import { keepingCases } from './keeping.js';
import { leadingCases } from './leading.js';
import { lifeCases } from './life.js';
import { limitCases } from './limiting.js';
import { oddValueCases } from './odd-values.js';
import { registryCases } from './registry.js';
import { reopeningCases } from './reopening.js';
import { reportingCases } from './reporting.js';
import { schedulingCases } from './scheduling.js';
import { stateCases } from './states.js';
import type { StoreCase } from './store-case.js';
import type { StoreUnderTest } from './store-under-test.js';
import { uniqueCases } from './unique.js';
import { watchingCases } from './watching.js';

/** Every promise of the job store port, one case each. One store can serve them all: each has jobs of its own. */
export const jobStoreCases: readonly StoreCase[] = [
  ...lifeCases,
  ...stateCases,
  ...enqueueingCases,
  ...claimingCases,
  ...fencingCases,
  ...reportingCases,
  ...cancellingCases,
  ...reopeningCases,
  ...keepingCases,
  ...findingCases,
  ...watchingCases,
  ...uniqueCases,
  ...limitCases,
  ...schedulingCases,
  ...leadingCases,
  ...registryCases,
  ...oddValueCases,
  ...closingStoreCases,
];

const FACETS: readonly StoreFacet[] = ['records', 'reads', 'unique', 'limits', 'schedules', 'registry'];

export interface JobStoreContractOptions {
  /** Facets that this store lacks. Cases that need one are not registered; the suite's name says so. */
  readonly without?: readonly StoreFacet[];
  /** Longest run of one case, in milliseconds. Default 60 s. */
  readonly timeoutMs?: number;
}

/** Registers the contract with the test runner's global `describe`, `it`, `beforeAll` and `afterAll`. */
export function jobStoreContract(
  name: string,
  factory: () => Promise<StoreUnderTest>,
  { without = [], timeoutMs = CASE_LIMIT_MS }: JobStoreContractOptions = {},
): void {
  const lacks = without.length > 0 ? `, which lacks: ${without.join(', ')}` : '';
  const facets = {
    name: 'has the facets that it is said to have',
    run: async ({ store }: StoreUnderTest) => checkFacets(store, without),
  };
  const cases = jobStoreCases.filter(({ needs }) => !needs.some((facet) => without.includes(facet)));
  registerCases(`job store contract: ${name}${lacks}`, factory, [facets, ...cases], timeoutMs);
}

/** A facet that came, or went, must not go on untested. */
export function checkFacets(store: JobStore, without: readonly StoreFacet[]): void {
  const missing = FACETS.filter((facet) => store[facet] === undefined);
  const expected = FACETS.filter((facet) => without.includes(facet));
  assert.deepEqual(
    missing,
    expected,
    `the store lacks [${missing.join(', ')}] and \`without\` says [${expected.join(', ')}]`,
  );
}
