import type { BrokerUnderTest } from '../broker-under-test.js';
import { CASE_LIMIT_MS, registerCases } from '../register-cases.js';
import { signalsCases } from './signals-cases.js';

export interface SignalsContractOptions {
  /** Longest run of one case, in milliseconds. Default 60 s. */
  readonly timeoutMs?: number;
}

/** Registers the contract with the test runner's global `describe`, `it`, `beforeAll` and `afterAll`. */
export function signalsContract(
  name: string,
  factory: () => Promise<BrokerUnderTest>,
  { timeoutMs = CASE_LIMIT_MS }: SignalsContractOptions = {},
): void {
  registerCases(`signals contract: ${name}`, factory, signalsCases, timeoutMs);
}
