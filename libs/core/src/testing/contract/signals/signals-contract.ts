import type { BrokerUnderTest } from '../broker-under-test.js';
import { signalsCases } from './signals-cases.js';

export interface SignalsContractOptions {
  /** Longest run of one case, in milliseconds. Default 60 s. */
  readonly timeoutMs?: number;
}

/** What Jest, Vitest and others put into the global scope. */
interface TestRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>, timeoutMs: number): void;
  beforeAll(body: () => Promise<void>, timeoutMs: number): void;
  afterAll(body: () => Promise<void>, timeoutMs: number): void;
}

/** Registers the contract with the test runner's global `describe`, `it`, `beforeAll` and `afterAll`. */
export function signalsContract(
  name: string,
  factory: () => Promise<BrokerUnderTest>,
  { timeoutMs = 60_000 }: SignalsContractOptions = {},
): void {
  const runner = globalThis as unknown as TestRunner;
  runner.describe(`signals contract: ${name}`, () => {
    let subject: BrokerUnderTest | undefined;
    runner.beforeAll(async () => {
      subject = await factory();
    }, timeoutMs);
    runner.afterAll(async () => subject?.dispose(), timeoutMs);
    for (const { name: sentence, run } of signalsCases) {
      runner.it(sentence, () => run(subject!), timeoutMs);
    }
  });
}
