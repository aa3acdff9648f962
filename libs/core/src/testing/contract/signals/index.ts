export { signalsCases, type SignalsCase } from './signals-cases.js';
export { signalsContract, type SignalsContractOptions } from './signals-contract.js';
