export type { BrokerAbility, BrokerCase } from './broker-case.js';
export type { BrokerUnderTest } from './broker-under-test.js';
export { brokerCases, brokerContract, type BrokerContractOptions } from './broker-contract.js';
