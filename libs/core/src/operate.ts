/** For tools: what an operator can do, without Nest. */
export {
  DeadLetters,
  type DeadLetter,
  type DeadLetterParts,
  type DeadLetterSelection,
} from './operate/dead-letters.js';
