import type { BrokerAbility, BrokerCase } from './broker-case.js';
import type { BrokerUnderTest } from './broker-under-test.js';
import { closingCases } from './closing.js';
import { consumingCases } from './consuming.js';
import { delayingCases } from './delaying.js';
import { dyingCases } from './dying.js';
import { overflowingCases } from './overflowing.js';
import { prioritisingCases } from './prioritising.js';
import { publishingCases } from './publishing.js';
import { CASE_LIMIT_MS, registerCases } from './register-cases.js';

/** Every promise of the broker port, one case each. One broker can serve them all: each has queues of its own. */
export const brokerCases: readonly BrokerCase[] = [
  ...publishingCases,
  ...consumingCases,
  ...delayingCases,
  ...dyingCases,
  ...overflowingCases,
  ...prioritisingCases,
  ...closingCases,
];

export interface BrokerContractOptions {
  /** What this broker cannot show. Cases that need it are not registered; the suite's name says so. */
  readonly without?: readonly BrokerAbility[];
  /** Longest run of one case, in milliseconds. Default 60 s. */
  readonly timeoutMs?: number;
}

/** Registers the contract with the test runner's global `describe`, `it`, `beforeAll` and `afterAll`. */
export function brokerContract(
  name: string,
  factory: () => Promise<BrokerUnderTest>,
  { without = [], timeoutMs = CASE_LIMIT_MS }: BrokerContractOptions = {},
): void {
  const lacks = without.length > 0 ? `, which cannot show: ${without.join(', ')}` : '';
  const cases = brokerCases.filter(({ needs }) => !needs.some((ability) => without.includes(ability)));
  registerCases(`broker contract: ${name}${lacks}`, factory, cases, timeoutMs);
}
