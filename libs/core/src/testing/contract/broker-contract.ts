import type { BrokerAbility, BrokerCase } from './broker-case.js';
import type { BrokerUnderTest } from './broker-under-test.js';
import { closingCases } from './closing.js';
import { consumingCases } from './consuming.js';
import { delayingCases } from './delaying.js';
import { dyingCases } from './dying.js';
import { overflowingCases } from './overflowing.js';
import { publishingCases } from './publishing.js';

/** Every promise of the broker port, one case each. One broker can serve them all: each has queues of its own. */
export const brokerCases: readonly BrokerCase[] = [
  ...publishingCases,
  ...consumingCases,
  ...delayingCases,
  ...dyingCases,
  ...overflowingCases,
  ...closingCases,
];

export interface BrokerContractOptions {
  /** What this broker cannot show. Cases that need it are not registered; the suite's name says so. */
  readonly without?: readonly BrokerAbility[];
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
export function brokerContract(
  name: string,
  factory: () => Promise<BrokerUnderTest>,
  { without = [], timeoutMs = 60_000 }: BrokerContractOptions = {},
): void {
  const runner = globalThis as unknown as TestRunner;
  const lacks = without.length > 0 ? `, which cannot show: ${without.join(', ')}` : '';
  runner.describe(`broker contract: ${name}${lacks}`, () => {
    let subject: BrokerUnderTest | undefined;
    runner.beforeAll(async () => {
      subject = await factory();
    }, timeoutMs);
    runner.afterAll(async () => subject?.dispose(), timeoutMs);
    for (const { name: sentence, needs, run } of brokerCases) {
      if (needs.some((ability) => without.includes(ability))) continue;
      runner.it(sentence, () => run(subject!), timeoutMs);
    }
  });
}
