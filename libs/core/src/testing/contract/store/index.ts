export { jobStoreCases, jobStoreContract, type JobStoreContractOptions } from './store-contract.js';
export type { StoreCase } from './store-case.js';
export type { StoreUnderTest } from './store-under-test.js';
