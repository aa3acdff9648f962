export type { BrokerAbility, BrokerCase } from './broker-case.js';
export type { BrokerUnderTest } from './broker-under-test.js';
export { brokerCases, brokerContract, type BrokerContractOptions } from './broker-contract.js';
export {
  jobStoreCases,
  jobStoreContract,
  type JobStoreContractOptions,
  type StoreCase,
  type StoreUnderTest,
} from './store/index.js';
export {
  signalsCases,
  signalsContract,
  type SignalsCase,
  type SignalsContractOptions,
} from './signals/index.js';
