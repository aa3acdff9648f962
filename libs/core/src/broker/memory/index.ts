import { MemoryBroker, type MemoryBrokerParts } from './memory-broker.js';

export { MemoryBroker, type MemoryBrokerParts };

/** A broker in this process; see MemoryBroker. */
export function createMemoryBroker(parts: MemoryBrokerParts): MemoryBroker {
  return new MemoryBroker(parts);
}
