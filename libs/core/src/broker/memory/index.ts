export { MemoryBroker, createMemoryBroker, type MemoryBrokerParts } from './memory-broker.js';
