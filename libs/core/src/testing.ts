/** For tests of applications and of adapters. Loads neither Nest nor a test runner. */
export { MemoryBroker, createMemoryBroker, type MemoryBrokerParts } from './broker/memory/index.js';
export {
  brokerCases,
  brokerContract,
  jobStoreCases,
  jobStoreContract,
  signalsCases,
  signalsContract,
  type BrokerAbility,
  type BrokerCase,
  type BrokerContractOptions,
  type BrokerUnderTest,
  type JobStoreContractOptions,
  type SignalsCase,
  type SignalsContractOptions,
  type StoreCase,
  type StoreUnderTest,
} from './testing/contract/index.js';
export { BrokerFaults, flakyBroker } from './testing/flaky-broker.js';
export {
  Harness,
  startHarness,
  type HarnessGround,
  type HarnessHandler,
  type HarnessSetup,
} from './testing/harness.js';
export { ManualClock, settled } from './testing/manual-clock.js';
export { Recorder } from './testing/recorder.js';
export { seededRandom } from './testing/seeded-random.js';
export { until } from './testing/until.js';
