import { randomFillSync } from 'node:crypto';

/** The only door to randomness, so that tests of jitter and ids are exact. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Fills `target` with random bytes and returns it. */
  fill<T extends Uint8Array>(target: T): T;
}

export const systemRandom: Random = {
  next: () => Math.random(),
  fill: (target) => randomFillSync(target),
};
