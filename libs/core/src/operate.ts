/** For tools: what an operator can do, without Nest. */
export {
  DeadLetters,
  type DeadLetter,
  type DeadLetterParts,
  type DeadLetterSelection,
} from './operate/dead-letters.js';
export { findingLines } from './operate/finding-lines.js';
export { Topology, type TopologyParts, type TopologyReport } from './operate/topology.js';
export type { Finding, FindingLevel, QueueNeeds } from './ports/finding.js';
